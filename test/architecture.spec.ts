import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FILE_LAWS, breaches } from './architecture/file-laws.js';
import { brokenImports } from './architecture/import-law.js';
import { APPS, RUNGS } from './architecture/law.js';
import { sourceFiles } from './architecture/source-files.js';

const ROOT = join(import.meta.dirname, '..');
const files = sourceFiles(ROOT);

describe('the import law', () => {
  it('holds over apps and libs', async () => {
    expect(await brokenImports(ROOT)).toEqual([]);
  }, 60_000);

  it('has every lib in its table, and no other', () => {
    expect(readdirSync(join(ROOT, 'libs')).sort()).toEqual(Object.keys(RUNGS).sort());
  });

  it('has every app in its table', () => {
    expect(Object.keys(APPS)).toEqual(expect.arrayContaining(readdirSync(join(ROOT, 'apps'))));
  });

  it('gives every lib its #name, for the sources and for the build', () => {
    const { imports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      imports: Record<string, unknown>;
    };
    for (const lib of Object.keys(RUNGS)) {
      expect([lib, imports[`#${lib}`]]).toEqual([
        lib,
        { source: `./libs/${lib}/src/index.ts`, default: `./dist/libs/${lib}/src/index.js` },
      ]);
    }
  });

  describe('over a small tree', () => {
    let root: string;
    beforeEach(() => {
      root = realpathSync(mkdtempSync(join(tmpdir(), 'glossa-law-')));
      write('package.json', readFileSync(join(ROOT, 'package.json'), 'utf8'));
      for (const lib of Object.keys(RUNGS)) write(`libs/${lib}/src/index.ts`, `export const ${lib} = 1;\n`);
      for (const name of ['aedes', 'better-sqlite3', 'jsonata', '@nestjs/common', '@prisma/client']) {
        write(
          `node_modules/${name}/package.json`,
          JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
        );
        write(`node_modules/${name}/index.js`, 'module.exports = {};\n');
      }
      write(
        'apps/gateway/src/main.ts',
        `import { http } from '#http';\nimport { broker } from '#broker';\nimport '@nestjs/common';\n`,
      );
      write(
        'libs/broker/src/broker.ts',
        `import aedes from 'aedes';\nimport type { model } from '#model';\n`,
      );
      write('libs/http/src/app.ts', `import { control } from '#control';\n`);
    });
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    function write(file: string, text: string): void {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }

    it('accepts what obeys it', async () => {
      expect(await brokenImports(root)).toEqual([]);
    });

    it.each([
      [
        'an import upward',
        'libs/model/src/x.ts',
        `import { access } from '#access';`,
        'model imports lower rungs only',
      ],
      [
        'an import of a type upward',
        'libs/ingest/src/x.ts',
        `import type { http } from '#http';`,
        'ingest imports lower rungs only',
      ],
      [
        'an import upward that waits',
        'libs/model/src/x.ts',
        `await import('#access');`,
        'model imports lower rungs only',
      ],
      [
        'an export from above',
        'libs/codecs/src/x.ts',
        `export * from '#mapping';`,
        'codecs imports lower rungs only',
      ],
      [
        'the same rung',
        'libs/storage/src/x.ts',
        `import { broker } from '#broker';`,
        'storage imports lower rungs only',
      ],
      [
        'an import of an app',
        'libs/http/src/x.ts',
        `import '../../../apps/gateway/src/main.js';`,
        'http imports lower rungs only',
      ],
      [
        'the control plane in the broker',
        'libs/broker/src/x.ts',
        `import { control } from '#control';`,
        'broker imports lower rungs only',
      ],
      [
        'the broker in the control plane',
        'libs/control/src/x.ts',
        `import { broker } from '#broker';`,
        'control never imports broker',
      ],
      [
        'a path into another lib',
        'libs/access/src/x.ts',
        `import { model } from '../../model/src/index.js';`,
        'across libs by #name only',
      ],
      [
        'a path from an app into a lib',
        'apps/gateway/src/x.ts',
        `import { model } from '../../../libs/model/src/index.js';`,
        'apps import libs by #name only',
      ],
      [
        'a lib that names itself',
        'libs/access/src/x.ts',
        `import { access } from '#access';`,
        'a lib never imports itself by #name',
      ],
      [
        'the simulator in the gateway',
        'apps/gateway/src/x.ts',
        `import '../../simulator/src/demo.js';`,
        'app gateway never imports app simulator',
      ],
      [
        'Nest in a lib',
        'libs/control/src/x.ts',
        `import '@nestjs/common';`,
        '@nestjs only in apps/gateway and libs/http',
      ],
      [
        'Nest in the simulator',
        'apps/simulator/src/x.ts',
        `import '@nestjs/common';`,
        '@nestjs only in apps/gateway and libs/http',
      ],
      [
        'aedes outside the broker',
        'apps/gateway/src/x.ts',
        `import type { Client } from 'aedes';`,
        'aedes only in libs/broker',
      ],
      [
        'Prisma outside storage',
        'libs/control/src/x.ts',
        `import '@prisma/client';`,
        '@prisma only in libs/storage',
      ],
      [
        'SQLite outside storage',
        'libs/broker/src/x.ts',
        `import 'better-sqlite3';`,
        '@prisma only in libs/storage',
      ],
      [
        'JSONata outside mapping',
        'libs/ingest/src/x.ts',
        `import 'jsonata';`,
        'jsonata only in libs/mapping',
      ],
      [
        'a test in a source',
        'libs/ingest/src/x.ts',
        `import '../../../test/suite.js';`,
        'only specs import tests',
      ],
      ['an import of nothing', 'libs/ingest/src/x.ts', `import './absent.js';`, 'every import is found'],
    ])('refuses %s', async (_, file, text, rule) => {
      write('apps/simulator/src/demo.ts', 'export {};\n');
      write('test/suite.ts', 'export {};\n');
      write(file, text);
      expect((await brokenImports(root)).join('\n')).toContain(`${rule}: ${file} -> `);
    });

    it('refuses a cycle', async () => {
      write('libs/mapping/src/a.ts', `import { b } from './b.js';\nexport const a = b;\n`);
      write('libs/mapping/src/b.ts', `import { a } from './a.js';\nexport const b = a;\n`);
      expect((await brokenImports(root)).join('\n')).toContain('no cycles: libs/mapping/src/a.ts');
    });
  });
});

describe.each(FILE_LAWS)('$name', (law) => {
  it('holds over apps and libs', () => {
    const found = files
      .filter((file) => law.appliesTo(file))
      .flatMap((file) => breaches(law, file, readFileSync(join(ROOT, file), 'utf8')));
    expect(found).toEqual([]);
  });
});

describe('the laws over single files', () => {
  const find = (text: string) =>
    FILE_LAWS.flatMap((law) => breaches(law, 'libs/x/src/y.ts', `// first line\n${text}`));

  it.each([
    [`const unit = 'http://qudt.org/vocab/unit/M';`, 'http://qudt.org/vocab/unit/M'],
    ['const unit = `https://qudt.org/vocab/unit/${name}`;', 'https://qudt.org/vocab/unit/'],
    ['const port = process.env.PORT;', 'process.env'],
    [`const port = process['env'];`, `process['env']`],
    [`import { env } from 'node:process';`, `import { env } from 'node:process';`],
    [`run('SELECT v FROM observation');`, 'SELECT v FROM observation'],
    ['run(`\n  insert or ignore into series values (?)`);', ''],
    [`database.prepare(text);`, 'database.prepare'],
    ['prisma.$queryRaw`${text}`;', 'prisma.$queryRaw'],
  ])('refuse %s', (text, what) => {
    expect(find(text)).toEqual([`libs/x/src/y.ts:2: ${what}`]);
  });

  it.each([
    '/** RFC 9457, https://www.rfc-editor.org/rfc/rfc9457 */',
    `const help = 'a URL such as https://glossa.example.org';`,
    'const base = `http://localhost:${port}`;',
    `const plain = url.startsWith('http://');`,
    `const url = new URL(path, 'http://path');`,
    `const found = /x/.exec(text);`,
    `const summary = 'Delete the observations of a datastream';`,
    `const hint = 'Select one of them';`,
    'process.exit(1);',
  ])('accept %s', (text) => {
    expect(find(text)).toEqual([]);
  });

  it('say no IRI law over a vocabulary file, no SQL law over storage, no law of settings over the configuration', () => {
    const [iri, environment, sql] = FILE_LAWS;
    expect(iri!.appliesTo('libs/model/src/vocab/namespaces.ts')).toBe(false);
    expect(environment!.appliesTo('apps/gateway/src/config.ts')).toBe(false);
    expect(sql!.appliesTo('libs/storage/src/control/store.ts')).toBe(false);
  });
});

describe('names', () => {
  it('of files and folders are kebab-case', () => {
    const kebab = /^([a-z0-9]+(-[a-z0-9]+)*\/)+[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.ts$/;
    expect(files.filter((file) => !kebab.test(file))).toEqual([]);
  });
});
