import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { closeUnsettled } from '../../sqlite-file/closing.js';
import { syncPath } from '../../sqlite-file/copy-file.js';
import { refuseDamaged } from '../../sqlite-file/refuse-damaged.js';
import { BlockWriter } from './body/block-writer.js';
import { BODY_MIGRATIONS, OLD_VERSION } from './body/body-schema.js';
import { BodyTable } from './body/body-table.js';
import { Directions } from './body/directions.js';
import { Rows } from './blocks/rows.js';
import { filesOf, openFile, type FileSettings } from './files.js';
import { HEAD_MIGRATIONS } from './head/head-schema.js';
import { completeOld } from './old-schema.js';

/** Rows that one transaction moves, and of which the memory is held. */
const STEP_ROWS = 50_000;
/** Tables that the head has as the old file had them. */
const TABLES = ['series', 'mapping', 'purging', 'ledger', 'dead_letter', 'resend_client', 'resend'];

type OldRow = readonly [
  s: number,
  t: number,
  n: number,
  v: number | string,
  lag: number,
  b: number,
  m: number,
  q: number,
];

/**
 * Brings an `observations.db` of the time when a row of the table was a value to the two files of now. They are made
 * beside it and take its place when they are complete, so that a kill leaves the old file or the new ones; what was
 * moved already is not moved again.
 */
export function moveOldFile(settings: FileSettings, tell: (text: string) => void): void {
  const files = filesOf(settings.directory);
  const made = { head: `${files.head}.new`, body: `${files.body}.new` };
  if (existsSync(files.head) || !existsSync(files.body) || statSync(files.body).size === 0) return;
  const old = new Database(files.body);
  try {
    const version = old.pragma('user_version', { simple: true }) as number;
    if (version > OLD_VERSION) {
      // A kill came between the two names.
      if (existsSync(made.head)) rename(made.head, files.head);
      return;
    }
    if (version === 0) return;
    refuseDamaged(old, files.body);
    completeOld(old);
    tell(
      `${files.body} is brought to the form of this version; that takes about a minute for 50 million values.`,
    );
    moveRows(old, made.body, settings);
    moveRest(old, made);
    // Without its log, which is not the new file's.
    old.pragma('journal_mode = DELETE');
  } finally {
    // One that is not old may have been killed: its log stays as it is.
    closeUnsettled(files.body, old);
  }
  rename(made.body, files.body);
  rename(made.head, files.head);
  tell(`${files.body} has the form of this version.`);
}

function moveRows(old: Database.Database, target: string, settings: FileSettings): void {
  const body = openFile(target, settings, BODY_MIGRATIONS, OLD_VERSION);
  try {
    body.pragma('wal_autocheckpoint = 1000');
    const blocks = new BodyTable(body);
    const writer = new BlockWriter(body, blocks);
    const directions = new Directions(old);
    directions.refresh();
    const next = old
      .prepare<[number, number, number, number], OldRow>(
        `select s, t, n, v, lag, b, m, q from observation where (s, t, n) > (?, ?, ?)
         order by s, t, n limit ?`,
      )
      .raw();
    const reached = body.prepare<[], number | null>('select max(s) from block').pluck().get() ?? 0;
    const block = blocks.last(reached);
    // Ids of series are positive.
    let key: readonly [number, number, number] = block
      ? [reached, block.lastTime, block.facts.lastNth]
      : [0, 0, 0];
    const rows = new Rows();
    for (let moved: OldRow[]; (moved = next.all(...key, STEP_ROWS)).length > 0;) {
      body
        .transaction(() => {
          for (let i = 0; i < moved.length;) {
            const series = moved[i]![0];
            rows.clear();
            for (; i < moved.length && moved[i]![0] === series; i++) {
              const [, t, n, v, lag, b, m, q] = moved[i]!;
              rows.add(t, n, t + lag, b, m, q, v);
            }
            writer.add(series, rows, directions.radians(series));
          }
        })
        .immediate();
      const [s, t, n] = moved.at(-1)!;
      key = [s, t, n];
    }
  } finally {
    body.close();
  }
}

/** The other tables; what ends the move. */
function moveRest(old: Database.Database, made: { readonly head: string; readonly body: string }): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${made.head}${end}`, { force: true });
  const name = randomBytes(16).toString('hex');
  const batch = old.prepare<[], number>('select batch from ledger').pluck().get()!;
  const head = openFile(made.head, {}, HEAD_MIGRATIONS, 0);
  try {
    head
      .transaction(() => {
        head.prepare('insert into store values (1, ?, ?)').run(name, batch);
        for (const table of TABLES) {
          const read = old.prepare<[], unknown[]>(`select * from ${table}`).raw();
          const columns = read.columns().map((column) => column.name);
          const write = head.prepare(
            `insert into ${table}(${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
          );
          for (const row of read.iterate()) write.run(...row);
        }
      })
      .immediate();
  } finally {
    head.close();
  }
  const body = openFile(made.body, {}, BODY_MIGRATIONS, OLD_VERSION);
  try {
    body.prepare('replace into body values (1, ?, ?, ?, 0)').run(name, batch, batch);
  } finally {
    body.close();
  }
}

function rename(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncPath(dirname(to));
}
