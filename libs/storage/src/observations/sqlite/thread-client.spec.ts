import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ThreadClient } from './thread-client.js';

/** Works for three seconds at a command, and says nothing meanwhile; it beats if it is told to. */
const WORKER = `
import { parentPort, workerData } from 'node:worker_threads';
const nothing = new Int32Array(new SharedArrayBuffer(4));
parentPort.on('message', ({ type, id, beats }) => {
  if (type === 'close') return parentPort.close();
  for (let i = 0; i < 30; i++) {
    Atomics.wait(nothing, 0, 0, 100);
    if (beats) Atomics.add(workerData.pulse, 0, 1);
  }
  parentPort.postMessage({ type: 'done', id, rows: 0 });
});
parentPort.postMessage({ type: 'ready' });
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-thread-'));
  await writeFile(join(directory, 'worker.mjs'), WORKER);
});
afterAll(() => rm(directory, { recursive: true }));

interface Message {
  readonly type: string;
  readonly id?: number;
  readonly beats?: boolean;
}

it('does not end a thread that says nothing and beats', async () => {
  const pulse = new Int32Array(new SharedArrayBuffer(4));
  const thread = new ThreadClient<Message, object, Message>(
    {
      module: pathToFileURL(join(directory, 'worker.mjs')).href,
      name: 'worker',
      does: 'works',
      data: { pulse },
      youngMegabytes: 2,
      hangAfter: 1500,
      pulse,
      logger: undefined,
    },
    () => undefined,
    () => undefined,
  );
  await thread.open();
  await thread.command((id) => ({ type: 'command', id, beats: true }));
  expect(thread.restarts).toBe(0);
  await thread.close({ type: 'close' });
});
