import Database from 'better-sqlite3';
import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { refuseDamagedLog } from './refuse-damaged-log.js';
import { readLog } from './write-ahead-log.js';

const COMMITS = 40;
let directory: string;
let file: string;
/** Where a log's frames begin, and their length. */
const [HEADER, FRAME] = [32, 24 + 4096];

/** A file with commits in its log, as a killed process leaves it: copied while it is open. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'glossa-log-'));
  file = join(directory, 'killed.db');
  const open = join(directory, 'open.db');
  const db = new Database(open);
  db.pragma('journal_mode = wal');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('create table kept(text)');
  const insert = db.prepare('insert into kept values (?)');
  for (let i = 0; i < 2 * COMMITS; i++) insert.run('x'.repeat(3000));
  // The log begins again, over what it held.
  db.pragma('wal_checkpoint(restart)');
  for (let i = 0; i < COMMITS; i++) insert.run('y'.repeat(3000));
  for (const part of ['', '-wal', '-shm']) copyFileSync(open + part, file + part);
  db.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

const refuse = (path = file) => refuseDamagedLog(path, readLog(path), true);

function flip(path: string, at: number): void {
  const handle = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  byte[0]! ^= 16;
  writeSync(handle, byte, 0, 1, at);
  closeSync(handle);
}

/** Rows that SQLite itself finds. */
function count(): number {
  const db = new Database(file);
  const found = db.prepare('select count(*) from kept').pluck().get() as number;
  db.close();
  return found;
}

const refusal = /of \d+ pages in its write-ahead log, \d+ can be read/;

it('lets a log pass that is whole, that is empty, and that is not there', () => {
  expect(() => refuse()).not.toThrow();
  rmSync(`${file}-shm`);
  expect(() => refuse()).not.toThrow();
  expect(count()).toBe(3 * COMMITS);
  expect(() => refuse()).not.toThrow();
  expect(() => refuse(join(directory, 'none.db'))).not.toThrow();
});

it.each([
  ['its header', 5],
  ['the size of its pages', 11],
  ['the salt of a frame', HEADER + 3 * FRAME + 9],
  ['the number of a page', HEADER + 2 * FRAME],
  ['a page', HEADER + FRAME + 1000],
])('refuses a log with a bit flipped in %s, which SQLite would read in part', (_where, at) => {
  flip(`${file}-wal`, at);
  rmSync(`${file}-shm`);
  expect(() => refuse()).toThrow(refusal);
  expect(count()).toBeLessThan(3 * COMMITS);
});

it('refuses a log whose end is damaged or missing, where shared memory tells of it', () => {
  const log = `${file}-wal`;
  const kept = join(directory, 'kept');
  copyFileSync(log, kept);
  const frames = Math.floor((statSync(log).size - HEADER) / FRAME);
  // The newest commit is somewhere before what is left of the first log.
  for (const size of [20, HEADER + FRAME, HEADER + Math.floor(frames / 4) * FRAME]) {
    copyFileSync(kept, log);
    truncateSync(log, size);
    expect(() => refuse()).toThrow(refusal);
  }
  // Without it, this is what a power cut leaves.
  rmSync(`${file}-shm`);
  expect(() => refuse()).not.toThrow();
});

/** The file with a last commit of many pages, of which one in the middle is as it was before. */
function tear(): void {
  const db = new Database(file);
  db.pragma('wal_autocheckpoint = 0');
  const held = new Database(file, { readonly: true });
  held.exec('begin');
  held.prepare('select count(*) from kept').get();
  const log = `${file}-wal`;
  const before = readLog(file).whole;
  db.exec(`update kept set text = 'z' || substr(text, 2)`);
  const after = readLog(file).whole;
  expect(after - before).toBeGreaterThan(20);
  for (const part of ['', '-wal', '-shm']) copyFileSync(file + part, `${file}.torn${part}`);
  held.close();
  db.close();
  for (const part of ['', '-wal', '-shm']) copyFileSync(`${file}.torn${part}`, file + part);
  const handle = openSync(log, 'r+');
  writeSync(handle, Buffer.alloc(4096, 7), 0, 4096, HEADER + (before + 10) * FRAME + 24);
  closeSync(handle);
}

it('takes a last commit of which any part is missing for one that a power cut tore', () => {
  tear();
  // Shared memory tells that it was complete.
  expect(() => refuse()).toThrow(refusal);
  rmSync(`${file}-shm`);
  expect(() => refuse()).not.toThrow();
});

describe('of a file that is written without a wait for the disk', () => {
  const unsynced = (frames: number, salt = readLog(file).salt!) =>
    refuseDamagedLog(file, readLog(file), false, { salt, frames });

  it('the log may end anywhere after what was brought to the disk', () => {
    const { whole } = readLog(file);
    flip(`${file}-wal`, HEADER + 10 * FRAME + 100);
    const left = readLog(file).whole;
    expect(left).toBeLessThanOrEqual(10);
    expect(left).toBeLessThan(whole);
    expect(() => unsynced(left)).not.toThrow();
    expect(() => unsynced(left + 1)).toThrow(refusal);
    // Of a log before this one.
    expect(() => unsynced(left + 1, '0011223344556677')).not.toThrow();
  });

  it('the header of the log is there before its frames', () => {
    flip(`${file}-wal`, 5);
    expect(() => unsynced(0, '')).toThrow(refusal);
  });
});
