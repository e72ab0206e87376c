import { readExamples, Session } from './session.js';

const PATIENCE_MS = 60_000;

/** The scripts that stand in for curl and Mosquitto's clients do what those do, also where those are installed. */
it(
  'follows the README with stand-ins',
  async () => {
    const session = await Session.start({ standIns: true });
    try {
      for (const example of await readExamples('README.md')) await session.follow(example);
    } finally {
      await session.end();
    }
  },
  PATIENCE_MS,
);
