import { parentPort, workerData } from 'node:worker_threads';
import { GlossaError } from '#model';
import { openForWriting } from './database.js';
import type { FromWriter, ToWriter, WriterData } from './protocol.js';
import { WriterThread } from './writer-thread.js';

const port = parentPort!;
const tell = (message: FromWriter) => port.postMessage(message);

try {
  const settings = workerData as WriterData;
  const db = openForWriting(settings);
  const thread = new WriterThread(db, settings.directory, tell, () => port.close());
  port.on('message', (message: ToWriter) => thread.handle(message));
} catch (error) {
  if (!(error instanceof GlossaError)) throw error;
  tell({ type: 'failed', reason: error.message });
}
