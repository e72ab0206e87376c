import { mkdirSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';
import { guarded } from '../../sqlite-file/errors.js';
import { finishCopy, refuseExisting } from '../../sqlite-file/copy-file.js';
import { BODY_MIGRATIONS, OLD_VERSION } from './body/body-schema.js';
import { openForReading } from './database.js';
import { filesOf, openFile } from './files.js';
import { HEAD_MIGRATIONS } from './head/head-schema.js';

type Files = ReturnType<typeof filesOf>;

const BODY_TABLES = ['body', 'block'];
const HEAD_TABLES = [
  'store',
  'series',
  'mapping',
  'head',
  'purging',
  'ledger',
  'dead_letter',
  'resend_client',
  'resend',
];
/** Tries to see both files at a moment at which they fit each other. */
const TRIES = 1000;

/**
 * Copies both files, as they were at one moment, into a folder that has neither; writing goes on. Each copy appears
 * under its name when it is complete and on the disk.
 */
export function copyFiles(from: Files, directory: string): void {
  const to = filesOf(directory);
  for (const file of [to.head, to.body]) refuseExisting(file);
  guarded(directory, () => mkdirSync(directory, { recursive: true }));
  const head = openForReading(from.head);
  const body = openForReading(from.body);
  try {
    together(head, body);
    copy(head, from.head, to.head, HEAD_TABLES, HEAD_MIGRATIONS, 0);
    copy(body, from.body, to.body, BODY_TABLES, BODY_MIGRATIONS, OLD_VERSION);
    // The body's name first, as where a store is made.
    finishCopy(to.body);
    finishCopy(to.head);
  } finally {
    head.close();
    body.close();
    for (const file of [to.head, to.body]) rmSync(`${file}.partial`, { force: true });
  }
}

/**
 * Begins to read both files. The head is looked at first: what leaves it afterwards is in the body. Batches that the
 * head does not have yet must not be in the body: then it is tried again.
 */
function together(head: Database.Database, body: Database.Database): void {
  for (let i = 0; i < TRIES; i++) {
    head.exec('begin');
    const batch = head.prepare<[], number>('select batch from ledger').pluck().get()!;
    body.exec('begin');
    const upto = body.prepare<[], number>('select max(done, upto) from body').pluck().get()!;
    if (upto <= batch) return;
    head.exec('commit');
    body.exec('commit');
  }
  throw new GlossaError('unavailable', 'The observations change too fast for a copy. Try again.');
}

function copy(
  db: Database.Database,
  source: string,
  target: string,
  tables: readonly string[],
  migrations: readonly string[],
  first: number,
): void {
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  openFile(partial, {}, migrations, first).close();
  const writer = guarded(target, () => new Database(partial));
  try {
    guarded(target, () => {
      writer.pragma('journal_mode = OFF');
      writer.pragma('synchronous = OFF');
      writer.exec('begin');
    });
    for (const table of tables) {
      const read = guarded(source, () => db.prepare<[], unknown[]>(`select * from ${table}`).raw());
      const columns = read.columns().map(() => '?');
      const write = writer.prepare(`insert into ${table} values (${columns.join(', ')})`);
      for (const row of guarded(source, () => read.iterate())) guarded(target, () => write.run(...row));
    }
    guarded(target, () => writer.exec('commit'));
  } finally {
    writer.close();
  }
}
