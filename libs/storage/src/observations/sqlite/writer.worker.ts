import { parentPort, workerData } from 'node:worker_threads';
import { GlossaError } from '#model';
import { openForReading, openHead, prepareFiles } from './database.js';
import { filesOf } from './files.js';
import { guarded } from '../../sqlite-file/errors.js';
import type { FromWriter, ToWriter, WriterData } from './protocol.js';
import { WriterThread } from './writer-thread.js';

const port = parentPort!;
const tell = (message: FromWriter) => port.postMessage(message);

try {
  const { pulse, prepared, ...settings } = workerData as WriterData;
  const beat = () => void Atomics.add(pulse, 0, 1);
  // Once, while no other thread has the files.
  const isFirst = Atomics.exchange(prepared, 0, 1) === 0;
  if (isFirst) prepareFiles(settings, (text) => tell({ type: 'info', text }));
  const files = filesOf(settings.directory);
  const head = openHead(settings);
  const body = openForReading(files.body);
  const thread = guarded(
    files.head,
    () => new WriterThread(head, body, settings.directory, tell, beat, () => port.close()),
  );
  // The first is told to, when the main thread holds the files.
  if (!isFirst) thread.begin();
  port.on('message', (message: ToWriter) => thread.handle(message));
} catch (error) {
  if (!(error instanceof GlossaError)) throw error;
  tell({ type: 'failed', reason: error.message });
}
