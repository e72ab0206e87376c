import { fateOf, settingsOf, splitCommands } from './commands.js';
import { examplesOf } from './session.js';

describe('splitCommands', () => {
  it('heeds quotes, continued lines, here-documents and comments', () => {
    const text = [
      '# a comment',
      'curl -s x \\',
      "  -d '{",
      '  "its": 1',
      "}'",
      '',
      "cat > a.json <<'EOF'",
      '{ "a": "',
      'EOF',
      'curl y',
    ].join('\n');
    expect(splitCommands(text)).toEqual([
      `curl -s x \\\n  -d '{\n  "its": 1\n}'`,
      `cat > a.json <<'EOF'\n{ "a": "\nEOF`,
      'curl y',
    ]);
  });
});

describe('fateOf', () => {
  it.each([
    ['curl -s http://localhost:3000/health', 'run'],
    ['TOKEN=$(cat data/admin-token)', 'run'],
    ['npm start -- --help', 'run'],
    ['npm start', 'shown'],
    ['GLOSSA_HOST=0.0.0.0 npm start', 'shown'],
    ['rm -rf /', 'unknown'],
    ['TOKEN=$(wget x)', 'unknown'],
    ['npm install', 'unknown'],
  ])('%s: %s', (command, fate) => {
    expect(fateOf(command)).toBe(fate);
  });
});

it('finds the settings that a command gives', () => {
  expect(settingsOf('GLOSSA_HOST=0.0.0.0 GLOSSA_HTTP_PORT=80 npm start')).toEqual([
    'GLOSSA_HOST',
    'GLOSSA_HTTP_PORT',
  ]);
});

describe('examplesOf', () => {
  const block = (language: string, ...tags: string[]) => ({ language, tags, text: 'x', line: 1 });

  it('joins an example and its answer', () => {
    const examples = examplesOf('a.md', [
      block('sh'),
      block('json', 'part'),
      block('sh'),
      block('json', 'mapping'),
    ]);
    expect(examples.map(({ kind, answer }) => [kind, answer?.language])).toEqual([
      ['sh', 'json'],
      ['sh', undefined],
      ['mapping', undefined],
    ]);
  });

  it.each([[[block('json')]], [[block('python')]], [[block('sh'), block('json'), block('text')]]])(
    'refuses a block that nothing runs',
    (blocks) => {
      expect(() => examplesOf('a.md', blocks)).toThrow('nothing runs this');
    },
  );
});
