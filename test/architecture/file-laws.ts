import ts from 'typescript';

/** A law over the syntax of one file: what breaks it, said of the node that does. */
export interface FileLaw {
  readonly name: string;
  appliesTo(file: string): boolean;
  breach(node: ts.Node): string | undefined;
}

const isSpec = (file: string) => file.endsWith('.spec.ts');

/** A host with a dot in its name; those reserved for examples (RFC 2606), and this machine, hold no vocabulary. */
const IRI = /https?:\/\/(?!127\.0\.0\.1\b|(?:[\w-]+\.)*example\b)[\w-]+\.[\w-]/i;

const noIri: FileLaw = {
  name: 'no IRI outside the vocabulary files (libs/model/src/vocab)',
  appliesTo: (file) => !isSpec(file) && !file.startsWith('libs/model/src/vocab/'),
  breach: (node) => inText(node, IRI),
};

const noEnvironment: FileLaw = {
  name: 'process.env only in apps/gateway/src/config.ts',
  appliesTo: (file) => !isSpec(file) && file !== 'apps/gateway/src/config.ts',
  breach: (node) => {
    if (ts.isPropertyAccessExpression(node) && isProcess(node.expression) && node.name.text === 'env')
      return node.getText();
    if (ts.isElementAccessExpression(node) && isProcess(node.expression)) return node.getText();
    if (ts.isImportDeclaration(node) && /^['"](node:)?process['"]$/.test(node.moduleSpecifier.getText()))
      return node.getText();
    return undefined;
  },
};

const STATEMENT =
  /^\s*(select\b[^]*\bfrom\b|insert\s+(or\s+\w+\s+)?into\b|update\s+\w+\s+set\b|delete\s+from\b|(create|drop|alter)\s+(temp\s+|unique\s+|virtual\s+)*(table|index|view|trigger)\b|pragma\s+\w+|begin(\s+(immediate|exclusive|deferred))?\s*;?$)/i;
const DATABASE_CALLS = new Set([
  'prepare',
  'pragma',
  '$queryRaw',
  '$queryRawUnsafe',
  '$executeRaw',
  '$executeRawUnsafe',
]);

const noSql: FileLaw = {
  name: 'SQL only in libs/storage',
  appliesTo: (file) => !isSpec(file) && !file.startsWith('libs/storage/'),
  breach: (node) => {
    const called = ts.isCallExpression(node)
      ? node.expression
      : ts.isTaggedTemplateExpression(node)
        ? node.tag
        : undefined;
    if (called && ts.isPropertyAccessExpression(called) && DATABASE_CALLS.has(called.name.text))
      return called.getText();
    return inText(node, STATEMENT);
  },
};

export const FILE_LAWS: readonly FileLaw[] = [noIri, noEnvironment, noSql];

/** What breaks a law in a file: `file:line: what`. */
export function breaches(law: FileLaw, file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const breach = law.breach(node);
    if (breach !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${breach.split('\n', 1)[0]!.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The text of a string, if the pattern is in it. Comments are no strings: they may cite. */
function inText(node: ts.Node, pattern: RegExp): string | undefined {
  const isText =
    ts.isStringLiteral(node) ||
    ts.isNoSubstitutionTemplateLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node);
  return isText && pattern.test(node.text) ? node.text : undefined;
}

function isProcess(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === 'process';
}
