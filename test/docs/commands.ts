/** Programs that the examples run: those that a reader has, and what the shell brings. */
const PROGRAMS = new Set(['curl', 'mosquitto_pub', 'mosquitto_sub', 'cat', 'head', 'tail', 'tar', 'openssl']);

/**
 * Commands that are shown and not run here, because other tests run them or because they do not end. Everything else
 * that is no program of the list above fails the test.
 */
const NOT_RUN: readonly RegExp[] = [
  // test/setup.spec.ts and test/flow/service-start.spec.ts.
  /^npm start$/,
  /^npm run (demo|bench|setup|lint|typecheck|format|test:faults)$/,
  // Itself.
  /^npm test( -- [\w./-]+)*$/,
];

/** Commands of npm that the examples do run: a script does what npm would. */
const NPM = /^npm (start -- --help|run backup -- \S+( --force)?)$/;
/** A start with settings: the settings are checked, see `settingsOf`. */
const START = /^((?:GLOSSA_[A-Z_]+=\S+\s+)+)npm start$/;

/** What becomes of a command of an example. */
export type Fate = 'run' | 'shown' | 'unknown';

/** Splits the text of a `sh` block into commands; quotes, continued lines and here-documents are heeded. */
export function splitCommands(text: string): string[] {
  const commands: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    if (/^\s*(#.*)?$/.test(lines[i]!)) continue;
    let command = lines[i]!;
    while (isOpen(command) && i + 1 < lines.length) command += `\n${lines[++i]!}`;
    const here = /<<-?\s*(['"]?)(\w+)\1/.exec(command)?.[2];
    if (here !== undefined) {
      do command += `\n${lines[++i] ?? here}`;
      while (lines[i] !== undefined && lines[i] !== here);
    }
    commands.push(command);
  }
  return commands;
}

/** Whether a command goes on: a quote is open, or the line ends with a backslash. */
function isOpen(command: string): boolean {
  let quote = '';
  for (let i = 0; i < command.length; i++) {
    const char = command[i]!;
    if (char === '\\' && quote !== "'") {
      if (i === command.length - 1) return true;
      i++;
    } else if (quote === '') {
      if (char === "'" || char === '"') quote = char;
    } else if (char === quote) quote = '';
  }
  return quote !== '';
}

/** What is to be done with a command. */
export function fateOf(command: string): Fate {
  if (NOT_RUN.some((one) => one.test(command)) || START.test(command)) return 'shown';
  if (NPM.test(command)) return 'run';
  const inner = /^[A-Z_]+=\$\(([^]*)\)$/.exec(command)?.[1] ?? command;
  const [program = ''] = inner.trim().split(/\s/);
  return PROGRAMS.has(program) ? 'run' : 'unknown';
}

/** Names of the settings that a command gives. */
export function settingsOf(command: string): string[] {
  return [...command.matchAll(/\b(GLOSSA_[A-Z_]+)=/g)].map(([, name = '']) => name);
}
