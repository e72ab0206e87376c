import { parentPort, workerData } from 'node:worker_threads';
import { GlossaError } from '#model';
import { guarded } from '../../sqlite-file/errors.js';
import type { FromMerger, MergerData, ToMerger } from './body/merger-protocol.js';
import { MergerThread } from './body/merger-thread.js';
import { openBody, openHead } from './database.js';
import { filesOf } from './files.js';

const port = parentPort!;
const settings = workerData as MergerData;
const tell = (message: FromMerger) => port.postMessage(message);
let thread: MergerThread | undefined;

function start(): MergerThread {
  const body = openBody(settings);
  const head = openHead(settings);
  const bringing = openHead(settings);
  return guarded(
    filesOf(settings.directory).body,
    () => new MergerThread(body, head, bringing, settings, tell, () => port.close()),
  );
}

// The files are opened by the first message: the writer, which may have to make them, starts at the same time.
port.on('message', (message: ToMerger) => {
  if (message.type === 'close' && !thread) return port.close();
  try {
    thread ??= start();
    thread.handle(message);
  } catch (error) {
    if (!(error instanceof GlossaError)) throw error;
    tell({ type: 'failed', reason: error.message });
    port.close();
  }
});
tell({ type: 'ready' });
