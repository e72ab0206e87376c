import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Checkpoint } from '../../../sqlite-file/checkpoint.js';
import { closeSettled } from '../../../sqlite-file/closing.js';
import { PageSums } from '../../../sqlite-file/page-sums.js';
import { PageComparison } from './page-comparison.js';

let directory: string;
let file: string;
let db: Database.Database;
let log: Checkpoint;
let handle: number;

function begin(): PageComparison {
  handle = openSync(file, 'r');
  const sums = PageSums.open(file, db.pragma('application_id', { simple: true }) as number)!;
  return new PageComparison(sums, handle, log);
}

function open(): void {
  db = new Database(file);
  db.pragma('journal_mode = wal');
  db.pragma('wal_autocheckpoint = 0');
  log = new Checkpoint(file, db);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glossa-pages-'));
  file = join(directory, 'large.db');
  open();
  db.exec('create table kept(text)');
  const insert = db.prepare('insert into kept values (?)');
  // More pages than two steps compare.
  db.transaction(() => {
    for (let i = 0; i < 2500; i++) insert.run('x'.repeat(4000));
  })();
  closeSettled(file, db);
});
afterEach(() => {
  log.close();
  db.close();
  closeSync(handle);
  rmSync(directory, { recursive: true });
});

const steps = (comparison: PageComparison) => {
  let count = 1;
  try {
    while (comparison.step()) count++;
  } finally {
    comparison.close();
  }
  return count;
};

it('goes through a file in steps', () => {
  open();
  expect(steps(begin())).toBe(3);
});

it('finds what changed, wherever it is', () => {
  const bytes = readFileSync(file);
  bytes[bytes.length - 2000]! ^= 4;
  writeFileSync(file, bytes);
  open();
  const comparison = begin();
  expect(() => steps(comparison)).toThrow(/page 25\d\d is not as it was written/);
});

it('waits while the log holds pages, and then has them brought', () => {
  open();
  const comparison = begin();
  db.exec(`update kept set text = 'other'`);
  expect(steps(comparison)).toBeGreaterThan(10);
  expect(log.log.checkpointed).toBe(log.log.frames);
});
