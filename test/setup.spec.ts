import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fingerprint } from '../scripts/setup/fingerprint.mjs';
import { installAdvice } from '../scripts/setup/install-advice.mjs';
import { acquireLock } from '../scripts/setup/lock.mjs';
import { runSteps, type Step } from '../scripts/setup/steps.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'glossa-setup-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

describe('the steps', () => {
  let done: string[];
  let shown: string[];
  beforeEach(() => {
    done = [];
    shown = [];
    write('lock.json', 'packages 1');
    write('src/a.ts', 'a');
    write('src/b.ts', 'b');
  });

  /** Installs from lock.json, builds from src/. */
  function steps(change: { install?: Partial<Step>; build?: Partial<Step> } = {}): Step[] {
    const install: Step = {
      title: 'Installing',
      stamp: join(root, 'modules/.stamp'),
      fingerprint: () => fingerprint(root, ['lock.json']),
      isWhole: () => existsSync(join(root, 'modules/x')),
      run: async () => {
        done.push('install');
        write('modules/x', readFileSync(join(root, 'lock.json'), 'utf8'));
      },
    };
    const build: Step = {
      title: 'Building',
      stamp: join(root, 'dist/.stamp'),
      fingerprint: () => fingerprint(root, ['src', 'lock.json']),
      isWhole: () => existsSync(join(root, 'dist/x')),
      run: async () => {
        done.push('build');
        write('dist/x', 'built');
      },
    };
    return [
      { ...install, ...change.install },
      { ...build, ...change.build },
    ];
  }

  async function setUp(list = steps()): Promise<string[]> {
    done = [];
    await runSteps(list, {
      lock: join(root, '.lock'),
      say: (line) => shown.push(line),
      progress: (label) => {
        shown.push(label);
        return (end) => shown.push(end);
      },
    });
    return done;
  }

  it('are all done in a fresh clone, and say so', async () => {
    expect(await setUp()).toEqual(['install', 'build']);
    expect(shown).toEqual(['[1/2] Installing', 'done', '[2/2] Building', 'done']);
  });

  it('are done once, and then silent', async () => {
    await setUp();
    shown = [];
    expect(await setUp()).toEqual([]);
    expect(shown).toEqual([]);
  });

  it('touch nothing when nothing is due: not even the lock', async () => {
    await setUp();
    write('.lock', JSON.stringify({ pid: process.ppid, host: hostname(), id: 'another' }));
    expect(await setUp()).toEqual([]);
  });

  it.each([
    ['the lock file changed', () => write('lock.json', 'packages 2'), ['install', 'build']],
    ['a source changed', () => write('src/a.ts', 'c'), ['build']],
    ['a source is new', () => write('src/c.ts', ''), ['build']],
    ['a source was deleted', () => rmSync(join(root, 'src/b.ts')), ['build']],
    ['a source was renamed', () => renameSync(join(root, 'src/b.ts'), join(root, 'src/c.ts')), ['build']],
    ['two sources changed places', () => (write('src/a.ts', 'b'), write('src/b.ts', 'a')), ['build']],
    ['the packages were deleted', () => rmSync(join(root, 'modules'), { recursive: true }), ['install']],
    ['the build was deleted', () => rmSync(join(root, 'dist'), { recursive: true }), ['build']],
    ['a part of the build was deleted', () => rmSync(join(root, 'dist/x')), ['build']],
  ])('are done again where %s', async (_, change, expected) => {
    await setUp();
    change();
    expect(await setUp()).toEqual(expected);
  });

  it('are not done again where a change was undone or a file only touched', async () => {
    await setUp();
    write('src/a.ts', 'c');
    write('src/a.ts', 'a');
    utimesSync(join(root, 'src/b.ts'), new Date(), new Date());
    expect(await setUp()).toEqual([]);
  });

  it('leave no stamp when they fail, and end there', async () => {
    await setUp();
    write('lock.json', 'packages 2');
    const failing = steps({ install: { run: () => Promise.reject(new Error('no network')) } });
    await expect(setUp(failing)).rejects.toThrow('no network');
    expect(done).toEqual([]);
    expect(shown.at(-1)).toBe('failed');
    expect(existsSync(join(root, 'modules/.stamp'))).toBe(false);
    expect(await setUp()).toEqual(['install', 'build']);
  });

  it('leave no stamp when a build fails halfway, though its files are there', async () => {
    await setUp();
    write('src/a.ts', 'syntax error');
    await expect(
      setUp(steps({ build: { run: () => Promise.reject(new Error('syntax')) } })),
    ).rejects.toThrow();
    expect(existsSync(join(root, 'dist/.stamp'))).toBe(false);
    // Even back at the sources of the last good build, these files are not that build.
    write('src/a.ts', 'a');
    expect(await setUp()).toEqual(['build']);
  });

  it('fail when their result is missing, whatever the program said', async () => {
    await expect(setUp(steps({ build: { run: async () => undefined } }))).rejects.toThrow(
      'without its result',
    );
    expect(existsSync(join(root, 'dist/.stamp'))).toBe(false);
  });

  it('are due again for what changed while they ran', async () => {
    const slow = steps();
    await setUp([
      slow[0]!,
      {
        ...slow[1]!,
        run: async () => {
          await slow[1]!.run();
          write('src/a.ts', 'saved during the build');
        },
      },
    ]);
    expect(await setUp()).toEqual(['build']);
  });

  it('adopt what somebody made by hand, silently', async () => {
    write('modules/x', 'packages 1');
    expect(await setUp(steps({ install: { adopt: () => true } }))).toEqual(['build']);
    expect(shown).toEqual(['[2/2] Building', 'done']);
    expect(await setUp()).toEqual([]);
  });

  it('are done by one of two that come at once', async () => {
    const slow = steps({
      build: {
        run: async () => {
          done.push('build');
          await new Promise((resolve) => setTimeout(resolve, 300));
          write('dist/x', 'built');
        },
      },
    });
    await Promise.all([setUp(slow), setUp(slow)]);
    expect(done).toEqual(['install', 'build']);
    expect(shown).toContainEqual(expect.stringContaining('Waiting for another set-up'));
  });

  it('give the lock back, after a failure too', async () => {
    await expect(setUp(steps({ build: { run: () => Promise.reject(new Error('x')) } }))).rejects.toThrow();
    expect(existsSync(join(root, '.lock'))).toBe(false);
  });
});

describe('the lock', () => {
  const file = () => join(root, '.lock');
  const owner = (change: object = {}) =>
    JSON.stringify({ pid: process.ppid, host: hostname(), id: 'another', ...change });
  const age = (seconds: number) => {
    const time = new Date(Date.now() - seconds * 1000);
    utimesSync(file(), time, time);
  };
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  /** Whether the lock is had without waiting for its holder. */
  async function taken(): Promise<boolean> {
    let waited = false;
    const onWait = () => {
      waited = true;
      rmSync(file());
    };
    (await acquireLock(file(), { onWait, pollMs: 5 }))();
    return !waited;
  }

  it('is taken, refused to others, and given back', async () => {
    const release = await acquireLock(file());
    let second = false;
    const waiting = acquireLock(file(), { pollMs: 10 }).then((free) => {
      second = true;
      free();
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(second).toBe(false);
    release();
    await waiting;
    expect(second).toBe(true);
    expect(existsSync(file())).toBe(false);
  });

  it.each([
    ['waits for a living process', () => write('.lock', owner()), false],
    ['takes over from a dead process', () => write('.lock', owner({ pid: deadPid() })), true],
    [
      'takes over from a dead process whose id is ours now',
      () => write('.lock', owner({ pid: process.pid })),
      true,
    ],
    [
      'takes over after a long silence, though the id is in use',
      () => (write('.lock', owner()), age(60)),
      true,
    ],
    ['waits for another machine', () => write('.lock', owner({ host: 'another', pid: deadPid() })), false],
    [
      'takes over from another machine after a long silence',
      () => (write('.lock', owner({ host: 'another' })), age(60)),
      true,
    ],
    ['waits while it is being written', () => write('.lock', ''), false],
    ['takes over what was never written', () => (write('.lock', ''), age(10)), true],
  ])('%s', async (_, plant, expected) => {
    plant();
    expect(await taken()).toBe(expected);
  });

  it('is never given back by one who lost it', async () => {
    const release = await acquireLock(file());
    write('.lock', owner());
    release();
    expect(existsSync(file())).toBe(true);
  });

  it('is taken over by one of many', async () => {
    write('.lock', owner({ pid: deadPid() }));
    let holders = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const release = await acquireLock(file(), { pollMs: 5 });
        most = Math.max(most, ++holders);
        await new Promise((resolve) => setTimeout(resolve, 10));
        holders--;
        release();
      }),
    );
    expect(most).toBe(1);
  });
});

describe('the fingerprint', () => {
  it('leaves out what it is told to, and takes absent paths as empty', () => {
    write('src/a.ts', 'a');
    const before = fingerprint(root, ['src', 'absent'], { except: (file) => file.endsWith('.spec.ts') });
    write('src/a.spec.ts', 'test');
    expect(fingerprint(root, ['src', 'absent'], { except: (file) => file.endsWith('.spec.ts') })).toBe(
      before,
    );
    expect(fingerprint(root, ['src', 'absent'])).not.toBe(before);
    expect(fingerprint(root, ['src'], { salt: 'another Node.js' })).not.toBe(fingerprint(root, ['src']));
  });
});

describe('the advice', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  it('names the parts of a compiler that are missing', () => {
    process.env.PATH = root;
    write('make', '');
    expect(installAdvice('npm error gyp ERR! find Python')).toContain('python3, g++ are missing');
  });

  it.each([
    ['npm error code ENOTFOUND', 'registry cannot be reached'],
    ['npm error code ENOSPC', 'disk is full'],
    ['npm error code EACCES', 'may not write'],
    ['npm error code EUSAGE', 'npm install'],
    ['something else', 'npm ci'],
  ])('to %s says %s', (output, sentence) => {
    expect(installAdvice(output)).toContain(sentence);
  });
});
