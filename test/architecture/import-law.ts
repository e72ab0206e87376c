import { cruise, type ICruiseResult, type IRegularForbiddenRuleType } from 'dependency-cruiser';
import { APART, APPS, CONFINED, RUNGS } from './law.js';

const folder = (...names: string[]) => `^libs/(${names.join('|')})/`;

/** The table as rules of dependency-cruiser. */
function rules(): IRegularForbiddenRuleType[] {
  return [...upward(), ...apart(), ...between(), ...confined(), ...sound()];
}

function upward(): IRegularForbiddenRuleType[] {
  const libs = Object.keys(RUNGS).map((lib) => {
    const others = Object.keys(RUNGS).filter((other) => other !== lib && RUNGS[other]! >= RUNGS[lib]!);
    return forbid(
      `${lib} imports lower rungs only`,
      { path: folder(lib) },
      { path: [...others.map((other) => folder(other)), '^apps/'] },
    );
  });
  const apps = Object.keys(APPS).flatMap((app) =>
    Object.keys(APPS)
      .filter((other) => other !== app && APPS[other]! >= APPS[app]!)
      .map((other) =>
        forbid(
          `app ${app} never imports app ${other}`,
          { path: `^apps/${app}/` },
          { path: `^apps/${other}/` },
        ),
      ),
  );
  return [...libs, ...apps];
}

function apart(): IRegularForbiddenRuleType[] {
  return APART.map(([from, to]) =>
    forbid(`${from} never imports ${to}`, { path: folder(from) }, { path: folder(to) }),
  );
}

/** Across libs by #name; within a lib by path. */
function between(): IRegularForbiddenRuleType[] {
  return [
    forbid(
      'across libs by #name only',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/', pathNot: '^libs/$1/', dependencyTypesNot: ['aliased-subpath-import'] },
    ),
    forbid(
      'apps import libs by #name only',
      { path: '^apps/' },
      { path: '^libs/', dependencyTypesNot: ['aliased-subpath-import'] },
    ),
    forbid(
      'a lib never imports itself by #name',
      { path: '^libs/([^/]+)/' },
      { path: '^libs/$1/', dependencyTypes: ['aliased-subpath-import'] },
    ),
  ];
}

function confined(): IRegularForbiddenRuleType[] {
  return CONFINED.map(({ packages, to }) =>
    forbid(
      `${packages[0]!.replace(/\/$/, '')} only in ${to.join(' and ')}`,
      { pathNot: to.map((place) => `^${place}/`) },
      { path: packages.map((name) => `(^|/)node_modules/${name}`) },
    ),
  );
}

function sound(): IRegularForbiddenRuleType[] {
  return [
    forbid(
      'only specs import tests',
      { path: '^(apps|libs)/', pathNot: '\\.spec\\.ts$' },
      { path: ['^test/', '\\.spec\\.ts$'] },
    ),
    forbid('no cycles', { pathNot: '/generated/' }, { circular: true }),
    // What is not found is under no other rule either.
    forbid('every import is found', {}, { couldNotResolve: true }),
  ];
}

function forbid(
  name: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IRegularForbiddenRuleType {
  return { name, severity: 'error', from, to };
}

/** What breaks the law in apps/ and libs/ under a folder: `rule: from -> to`. Imports of types count. */
export async function brokenImports(root: string): Promise<string[]> {
  const { output } = await cruise(
    ['apps', 'libs'],
    {
      baseDir: root,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      validate: true,
      ruleSet: { forbidden: rules() },
    },
    { conditionNames: ['source', 'import', 'node'], exportsFields: ['exports'], extensions: ['.ts', '.js'] },
  );
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(' -> ') : to;
    return `${rule.name}: ${from} -> ${path}`;
  });
}
