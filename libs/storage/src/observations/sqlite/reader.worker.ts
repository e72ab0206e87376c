import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './database.js';
import { filesOf } from './files.js';
import type { ToReader } from './reader-protocol.js';
import { ReaderThread } from './reader-thread.js';

const port = parentPort!;
const { directory } = workerData as { readonly directory: string };
let reading: ReaderThread | undefined;

function start(): ReaderThread {
  const { head, body } = filesOf(directory);
  return new ReaderThread(openForReading(head), openForReading(body), directory, (answer, transfer) =>
    port.postMessage(answer, transfer),
  );
}

// The files are opened by the first question: the writer, which may have to make them, starts at the same time.
port.on('message', (message: ToReader | 'close') => {
  if (message === 'close') {
    reading?.close();
    port.close();
    return;
  }
  reading ??= start();
  reading.handle(message);
});
