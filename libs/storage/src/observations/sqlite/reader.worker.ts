import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './database.js';
import type { ToReader } from './reader-protocol.js';
import { ReaderThread } from './reader-thread.js';

const port = parentPort!;
const { directory } = workerData as { readonly directory: string };
let reading: ReaderThread | undefined;

// The file is opened by the first question: the writer, which may have to make it, starts at the same time.
port.on('message', (message: ToReader | 'close') => {
  if (message === 'close') {
    reading?.close();
    port.close();
    return;
  }
  reading ??= new ReaderThread(openForReading(directory), directory, (answer, transfer) =>
    port.postMessage(answer, transfer),
  );
  reading.handle(message);
});
