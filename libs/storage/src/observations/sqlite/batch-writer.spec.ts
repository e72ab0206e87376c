import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { LEDGER_STATES, VALUES_AT_ONE_TIME, type MessageAppend } from '#model';
import {
  letterOf,
  messageOf,
  rejectedOf,
  seriesOf,
  T0,
  valueOf,
} from '../../../../../test/contract/observation-store-fixtures.js';
import { BatchWriter } from './batch-writer.js';
import { Batch, CROWDED, FAILED } from './batch.js';
import { BodyTable } from './body/body-table.js';
import { openForReading, openHead, prepareFiles } from './database.js';
import { filesOf } from './files.js';
import { HeadRows } from './head/head-rows.js';
import { KnownRows } from './known-rows.js';

/** Counts how often a row is looked at. */
class CountedRows extends HeadRows {
  looks = 0;

  override time(row: number): number {
    this.looks++;
    return super.time(row);
  }
}

let directory: string;
let files: Database.Database[];
let head: CountedRows;
let writer: BatchWriter;
let beats: number;
let number: number;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-writer-'));
  const settings = { directory, durability: 'os' } as const;
  prepareFiles(settings, () => undefined);
  const [db, body] = [openHead(settings), openForReading(filesOf(directory).body)];
  files = [db, body];
  head = new CountedRows();
  beats = number = 0;
  const beat = () => {
    beats++;
  };
  writer = new BatchWriter(db, head, new KnownRows(head, new BodyTable(body), beat), beat);
});
afterEach(async () => {
  for (const file of files) file.close();
  await rm(directory, { recursive: true });
});

/** Writes a batch; answers the batch, and how often it looked at a row. */
function write(...messages: MessageAppend[]) {
  const batch = new Batch();
  batch.series.push(seriesOf(1));
  for (const message of messages) batch.add(message);
  const before = head.looks;
  const refused = writer.write(batch.data(++number));
  return { batch, refused, looks: head.looks - before };
}

const STORED = LEDGER_STATES.indexOf('stored');
const DUPLICATE = LEDGER_STATES.indexOf('duplicate');
const REJECTED = LEDGER_STATES.indexOf('rejected');
const statesOf = (batch: Batch) => Array.from({ length: batch.messageCount }, (_, i) => batch.state(i));

const COUNT = 3000;
const resend = { client: 'c', packetId: 1, hash: 'h', dup: false };

/** A message of many values that have no time of their own, as it arrives. */
function arriving(arrival: number, more: Partial<MessageAppend> = {}): MessageAppend {
  const values = Array.from({ length: COUNT }, (_, i) =>
    valueOf(seriesOf(1), arrival + i, i % 7, { resultTime: arrival, arrival: true }),
  );
  return messageOf(values, more);
}

describe('a large message that is sent again', () => {
  it('is looked up once, not once a value, and each of its values is told as it is stored', () => {
    write(arriving(T0, { resend }));
    const { batch, looks } = write(arriving(T0 + 60_000_000, { resend: { ...resend, dup: true } }));
    expect(LEDGER_STATES[batch.state(0)]).toBe('duplicate');
    const times = [...batch.timesOf(0, 0)!].filter((_, i) => i % 2 === 0);
    expect(times).toEqual(Array.from({ length: COUNT }, (_, i) => T0 + i));
    expect(looks).toBeLessThan(30 * COUNT);
  });

  it('is a sign of life with each look at the disk', () => {
    write(arriving(T0, { resend }));
    const before = beats;
    write(arriving(T0 + 60_000_000, { resend: { ...resend, dup: true } }));
    expect(beats - before).toBeGreaterThan(COUNT);
  });
});

describe('many values at one time', () => {
  it('are each looked up without a look at all that are there', () => {
    const at = (from: number) =>
      messageOf(Array.from({ length: COUNT }, (_, i) => valueOf(seriesOf(1), T0, from + i)));
    write(at(0));
    const { batch, looks } = write(at(COUNT), at(0));
    expect([...batch.takeStatuses()]).toEqual([
      ...Array.from({ length: COUNT }, (_, i) => (COUNT + i) * 2),
      ...Array.from({ length: COUNT }, (_, i) => i * 2 + 1),
    ]);
    expect(looks).toBeLessThan(30 * COUNT);
  });
});

describe('a message that cannot be written', () => {
  const text = seriesOf(2, { type: 'text', unit: '' });
  const good = (count: number) =>
    Array.from({ length: count }, (_, i) => messageOf([valueOf(text, T0 + i, `good ${i}`)]));
  const stringify = JSON.stringify;
  /** As JSON.stringify refuses what would be half a gigabyte. */
  const refuse = (isTooLong: (texts: readonly unknown[]) => boolean) => {
    JSON.stringify = (value: unknown) => {
      if (Array.isArray(value) && isTooLong(value)) throw new RangeError('Invalid string length');
      return stringify(value);
    };
  };
  const restore = () => {
    JSON.stringify = stringify;
  };
  afterEach(restore);

  it('is left out alone, and its neighbours are stored', () => {
    refuse((texts) => texts.includes('bad'));
    const bad = messageOf([valueOf(text, T0, 'bad')], { resend });
    const { batch, refused } = write(...good(5), bad, ...good(3).reverse(), bad, rejectedOf());
    expect(statesOf(batch)).toEqual([
      ...[STORED, STORED, STORED, STORED, STORED, FAILED],
      ...[DUPLICATE, DUPLICATE, DUPLICATE, FAILED, REJECTED],
    ]);
    expect(refused).toBe('RangeError: Invalid string length');
    restore();
    expect(write(...good(1)).refused).toBeUndefined();
    // It is not taken for one that was stored.
    const again = write({ ...bad, resend: { ...resend, dup: true } });
    expect(statesOf(again.batch)).toEqual([STORED]);
    expect(files[0]!.prepare('select stored, duplicate, rejected from ledger').get()).toEqual({
      stored: 6,
      duplicate: 4,
      rejected: 1,
    });
    expect(head.count).toBe(6);
  });

  it('is found by what the file does not take', () => {
    const { batch, refused } = write(...good(1), rejectedOf({ deadLetter: letterOf({ received: 0.5 }) }));
    expect(statesOf(batch)).toEqual([STORED, FAILED]);
    expect(refused).toMatch(/cannot store REAL value in INTEGER column dead_letter.received/);
  });

  it('takes those with it that fail only together with it, twice, and none that comes after', () => {
    refuse((texts) => texts.length === 4);
    expect(() => write(...good(4))).toThrow('Invalid string length');
    number--;
    expect(statesOf(write(...good(4)).batch)).toEqual([FAILED, FAILED, FAILED, FAILED]);
    expect(statesOf(write(...good(3)).batch)).toEqual([STORED, STORED, STORED]);
  });

  it('is tried again when none fails alone: what was short may be there', () => {
    let short = true;
    refuse((texts) => texts.length === 4 && short);
    expect(() => write(...good(4))).toThrow('Invalid string length');
    short = false;
    number--;
    const { batch, refused } = write(...good(4));
    expect(statesOf(batch)).toEqual([STORED, STORED, STORED, STORED]);
    expect(refused).toBeUndefined();
  });

  it('is tried again when the disk is the reason', () => {
    files[0]!.pragma('query_only = 1');
    expect(() => write(...good(2))).toThrow(/readonly/);
    files[0]!.pragma('query_only = 0');
    number--;
    expect(statesOf(write(...good(2)).batch)).toEqual([STORED, STORED]);
  });
});

describe('a time that is crowded', () => {
  const full = (from: number, count: number) =>
    messageOf(Array.from({ length: count }, (_, i) => valueOf(seriesOf(1), T0, from + i)));

  it('is looked up without a look at all that is there', () => {
    write(full(0, VALUES_AT_ONE_TIME));
    expect(statesOf(write(full(-1, 1)).batch)).toEqual([CROWDED]);
    const more = Array.from({ length: COUNT }, (_, i) => full(VALUES_AT_ONE_TIME + i, 1));
    const { batch, looks } = write(...more, full(0, 1));
    expect(statesOf(batch)).toEqual([...more.map(() => CROWDED), DUPLICATE]);
    expect(looks).toBeLessThan(30 * (VALUES_AT_ONE_TIME + COUNT));
    expect(head.count).toBe(VALUES_AT_ONE_TIME);
  });
});
