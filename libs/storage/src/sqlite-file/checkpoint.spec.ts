import Database from 'better-sqlite3';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkFile } from './check-file.js';
import { Checkpoint } from './checkpoint.js';
import { Anchors, closeSettled, closeUnsettled } from './closing.js';
import { copyFile } from './copy-file.js';
import { DamagedFileError } from './errors.js';

const PARTS = ['', '-wal', '-shm', '-sums'] as const;
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glossa-sums-'));
  file = join(directory, 'kept.db');
  const db = open();
  db.exec('create table kept(id integer primary key, text); create index kept_text on kept(text)');
  closeSettled(file, db);
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(path = file): Database.Database {
  const db = new Database(path);
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = full');
  db.pragma('wal_autocheckpoint = 0');
  return db;
}

/** Looks at a file as a start does. */
function check(path = file): void {
  checkFile(path, { isSynced: true });
}

let copies = 0;
/** The file as a kill at this moment leaves it. */
function killed(): string {
  const copy = join(directory, `killed-${copies++}.db`);
  for (const part of PARTS) if (existsSync(file + part)) copyFileSync(file + part, copy + part);
  return copy;
}

/** Rows of a file, in order. */
function rows(path: string): string[] {
  const db = new Database(path, { readonly: true });
  const found = db.prepare<[], string>('select text from kept order by id').pluck().all();
  db.close();
  return found;
}

/** Starts on a file as a kill left it, and stops. */
function startAndStop(path: string): string[] {
  check(path);
  closeSettled(path, open(path));
  check(path);
  expect(existsSync(`${path}-wal`)).toBe(false);
  return rows(path);
}

function flipped(path: string, at: number, bit: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1 << bit;
  writeFileSync(path, bytes);
}

let next = 0;
/** Writes, changes and deletes rows, so that pages come and go. */
function write(db: Database.Database, count: number): void {
  db.transaction(() => {
    for (let i = 0; i < count; i++) {
      db.prepare('insert into kept(text) values (?)').run(`${next++} ${'x'.repeat((next * 37) % 900)}`);
      if (next % 3 === 0) db.prepare('delete from kept where id = ?').run(next - 2);
      if (next % 40 === 0) db.exec('delete from kept where id % 4 = 1');
    }
  }).immediate();
}

it('tells each byte that changed after an orderly stop', () => {
  const db = open();
  write(db, 100);
  closeSettled(file, db);
  check();
  const { size } = statSync(file);
  const whole = readFileSync(file);
  for (let at = 0; at < size; at += at < 100 ? 1 : 397) {
    flipped(file, at, at % 8);
    // The id of the file: its checksums are another's then, and the rest is as it was.
    if (at >= 68 && at < 72) check();
    else expect(() => check()).toThrow(DamagedFileError);
    writeFileSync(file, whole);
  }
});

it('tells checksums that changed, or are cut', () => {
  const db = open();
  write(db, 100);
  closeSettled(file, db);
  const sums = readFileSync(`${file}-sums`);
  for (let at = 0; at < sums.length; at++) {
    flipped(`${file}-sums`, at, at % 8);
    // What they promise of a log, which is not there.
    if (at >= 16 && at < 32) check();
    else expect(() => check()).toThrow(DamagedFileError);
    writeFileSync(`${file}-sums`, sums.subarray(0, at));
    expect(() => check()).toThrow(DamagedFileError);
    writeFileSync(`${file}-sums`, sums);
  }
  check();
});

it('is whole wherever a kill comes', () => {
  const writer = open();
  const reader = open();
  const bringing = open();
  // Where SQLite is about to write the file, and where it has, others commit meanwhile.
  const pragma = bringing.pragma.bind(bringing);
  const taken: [path: string, expected: string[]][] = [];
  const take = () => taken.push([killed(), rows(file)]);
  bringing.pragma = (text, options) => {
    if (/application_id/.test(text)) return pragma(text, options);
    take();
    write(writer, 7);
    take();
    const result = pragma(text, options);
    take();
    return result;
  };
  const log = new Checkpoint(file, bringing);
  const other = new Checkpoint(file, writer);
  let isReading = false;
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j <= i % 5; j++) write(writer, 1 + ((i * 7) % 23));
    if (i % 4 === 1) {
      reader.exec(isReading ? 'commit' : 'begin');
      isReading = !isReading;
      reader.prepare('select count(*) from kept').get();
    }
    // As the merger does, and then the writer.
    writer.exec('select 1');
    const pin = open();
    pin.exec('begin');
    pin.prepare('select 1 from kept').get();
    const noted = log.run();
    pin.exec('commit');
    pin.close();
    if (i % 3 === 0) {
      other.goOn(noted);
      other.run();
    }
    take();
  }
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  for (const one of [log, other]) one.close();
  const anchors = new Anchors([file]);
  for (const db of [reader, bringing, writer]) db.close();
  // As a program that ends in disorder leaves it.
  take();
  anchors.release();
  for (const [path, expected] of taken) expect(startAndStop(path)).toEqual(expected);
});

it('is whole where each commit is noted and the program ends in disorder', () => {
  const db = open();
  const log = new Checkpoint(file, db);
  for (let i = 0; i < 30; i++) {
    write(db, 9);
    log.note();
    if (i % 10 === 9) log.run();
  }
  write(db, 9);
  log.note();
  const kept = rows(file);
  // The last one to close: SQLite brings the log to the file.
  db.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
  expect(startAndStop(file)).toEqual(kept);
});

it('stays in the log what could not be noted', () => {
  const db = open();
  write(db, 9);
  const kept = rows(file);
  rmSync(`${file}-sums`);
  writeFileSync(`${file}-sums`, 'no checksums');
  expect(() => closeSettled(file, db)).toThrow(/cannot be read/);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  rmSync(`${file}-sums`);
  expect(startAndStop(file)).toEqual(kept);
});

it('leaves the log to others where a file is closed untouched', () => {
  const db = open();
  write(db, 9);
  const kept = rows(file);
  closeUnsettled(file, db);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
  expect(startAndStop(file)).toEqual(kept);
});

it('takes a copy that was put in the place of the file', () => {
  const db = open();
  write(db, 50);
  copyFile(db, join(directory, 'copy.db'));
  write(db, 50);
  closeSettled(file, db);
  copyFileSync(join(directory, 'copy.db'), file);
  const kept = rows(file);
  expect(startAndStop(file)).toEqual(kept);
  flipped(file, 5000, 3);
  expect(() => check()).toThrow(DamagedFileError);
});

it('tells when another program wrote the file, and how it is taken as it is', () => {
  const db = new Database(file);
  write(db, 50);
  db.close();
  expect(() => check()).toThrow(/page \d+ is not as it was written\. .* delete \S+kept\.db-sums/);
  rmSync(`${file}-sums`);
  const kept = rows(file);
  expect(startAndStop(file)).toEqual(kept);
});
