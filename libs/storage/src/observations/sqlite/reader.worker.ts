import { parentPort, workerData } from 'node:worker_threads';
import { openForReading } from './database.js';
import type { ToReader } from './reader-protocol.js';
import { ReaderThread } from './reader-thread.js';

const port = parentPort!;
const { directory } = workerData as { readonly directory: string };
const db = openForReading(directory);
const thread = new ReaderThread(db, directory, (message, transfer) => port.postMessage(message, transfer));

port.on('message', (message: ToReader | 'close') => {
  if (message !== 'close') {
    thread.handle(message);
    return;
  }
  db.close();
  port.close();
});
