import type { Database, Statement } from 'better-sqlite3';
import { performance } from 'node:perf_hooks';
import type { Checkpoint } from '../../../sqlite-file/checkpoint.js';
import { Rows } from '../blocks/rows.js';
import type { HeadRows } from '../head/head-rows.js';
import type { HeadTable } from '../head/head-table.js';
import type { Step } from '../job.js';
import type { BlockWriter } from './block-writer.js';
import type { BodyTable } from './body-table.js';
import type { Directions } from './directions.js';

/** Rows that are brought over in one go, and so held in memory. */
const RUN_ROWS = 200_000;
/** Rows, and series, that one transaction brings over. */
const STEP_ROWS = 16_384;
const STEP_SERIES = 1024;

/** What a merge needs. */
export interface MergeParts {
  readonly body: Database;
  readonly blocks: BodyTable;
  readonly writer: BlockWriter;
  readonly head: Database;
  readonly headTable: HeadTable;
  readonly directions: Directions;
  /** Whether what was merged must survive a power cut. */
  readonly durable: boolean;
  /** Of the body. */
  readonly checkpoint: Checkpoint;
  /** Holds the rows of one run after the other: memory of its own for each would wait for the garbage collector. */
  readonly rows: HeadRows;
  readonly merged: (batch: number, rows: number, took: number) => void;
}

/** Rows on their way to the body: those of batches after `done` up to `upto`. */
interface Run {
  readonly upto: number;
  readonly rows: HeadRows;
  /** Those that are still to come, ascending. */
  readonly series: readonly number[];
  next: number;
  readonly began: number;
}

/**
 * Brings the rows of the batches up to one from the head to the body, series by series. Each transaction notes how far
 * it came, so that a reader knows which rows of the head are in the body already, and a merge that was interrupted
 * goes on where it stopped.
 *
 * The body is written with synchronous=NORMAL, without a wait for the disk, except for the transaction that ends a
 * run: it makes durable all that came before it in the log, and only after it may the rows leave the head.
 */
export class Merge implements Step {
  readonly rows = 0;
  private run: Run | undefined;
  private readonly note: Statement<[number, number, number]>;
  private readonly lastBatch: Statement<[], number>;
  private readonly sizes: Statement<[number, number], { batch: number; count: number }>;

  constructor(
    private readonly parts: MergeParts,
    private readonly batch: number,
  ) {
    this.note = parts.body.prepare('update body set done = ?, upto = ?, series = ?');
    this.lastBatch = parts.head.prepare<[], number>('select batch from ledger').pluck();
    this.sizes = parts.head.prepare(
      'select batch, count from head where batch > ? and batch <= ? order by batch',
    );
  }

  step(): boolean {
    const run = (this.run ??= this.nextRun());
    if (!run) return true;
    const { body, blocks, durable } = this.parts;
    const last = run.series.length - run.next <= STEP_SERIES;
    let next = run.next;
    if (last && durable) body.pragma('synchronous = FULL');
    try {
      body
        .transaction(() => {
          const { done } = blocks.merged();
          for (let rows = 0; next < run.series.length && next - run.next < STEP_SERIES && rows < STEP_ROWS;)
            rows += this.bring(run, run.series[next++]!);
          if (next === run.series.length) this.note.run(run.upto, run.upto, 0);
          else this.note.run(done, run.upto, run.series[next - 1]!);
        })
        .immediate();
    } finally {
      if (last && durable) body.pragma('synchronous = NORMAL');
    }
    run.next = next;
    if (next < run.series.length) return false;
    this.run = undefined;
    this.parts.merged(run.upto, run.rows.count, performance.now() - run.began);
    return false;
  }

  /** The rest of a merge that was interrupted, or as many batches as fit the memory; undefined when all are there. */
  private nextRun(): Run | undefined {
    const began = performance.now();
    const { blocks, headTable, directions } = this.parts;
    const { done, upto, series } = blocks.merged();
    const { goal, count } = this.goal(done, upto > done ? upto : this.batch);
    if (goal <= done) return undefined;
    directions.refresh();
    const { rows } = this.parts;
    rows.drop(Number.MAX_SAFE_INTEGER);
    rows.reserve(count);
    const ids = new Set<number>();
    for (const { batch, data, texts } of headTable.between(done, goal)) rows.load(batch, data, texts);
    for (let row = rows.end - rows.count; row < rows.end; row++) ids.add(rows.series(row));
    const left = Float64Array.from(ids).sort();
    return {
      upto: goal,
      rows,
      series: upto > done ? [...left.filter((id) => id > series)] : [...left],
      next: 0,
      began,
    };
  }

  /** How far a run from `done` to `to` goes, and how many rows it has. What was begun is taken as a whole. */
  private goal(done: number, to: number): { readonly goal: number; readonly count: number } {
    const { upto } = this.parts.blocks.merged();
    const last = Math.min(to, this.lastBatch.get()!);
    let rows = 0;
    let goal = done;
    for (const { batch, count } of this.sizes.iterate(done, last)) {
      if (rows > 0 && rows + count > RUN_ROWS && upto <= done) return { goal, count: rows };
      rows += count;
      goal = batch;
    }
    return { goal: Math.max(done, last), count: rows };
  }

  private bring({ rows: head }: Run, series: number): number {
    const rows = collect(head, series);
    this.parts.writer.add(series, rows, this.parts.directions.radians(series));
    return rows.count;
  }
}

const collected = new Rows();

/** The rows of a series in order of key, valid until the next call. */
function collect(head: HeadRows, series: number): Rows {
  collected.clear();
  for (const row of head.inOrder(series)) head.copy(row, collected);
  return collected;
}
