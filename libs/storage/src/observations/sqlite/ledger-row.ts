import type { Database, Statement } from 'better-sqlite3';
import { LEDGER_STATES } from '#model';
import type { LedgerCounts } from '../ledger-counts.js';

/** The ledger's row: the counts, and the numbers given out last. */
export interface LedgerRow extends LedgerCounts {
  batch: number;
  /** Highest series id ever seen: ids are not reused. */
  lastSeries: number;
  lastLetter: number;
}

const COLUMNS = [
  'batch',
  ...LEDGER_STATES,
  'v_stored',
  'v_duplicate',
  'v_flagged',
  'v_rejected',
  'last_series',
  'last_letter',
];

/** Reads and writes the ledger's one row. */
export class LedgerTable {
  private readonly select: Statement<[], number[]>;
  private readonly update: Statement<number[]>;

  constructor(db: Database) {
    this.select = db.prepare<[], number[]>(`select ${COLUMNS.join(', ')} from ledger`).raw();
    this.update = db.prepare<number[]>(
      `update ledger set ${COLUMNS.map((name) => `${name} = ?`).join(', ')}`,
    );
  }

  read(): LedgerRow {
    const row = this.select.get()!;
    const [stored, duplicate, flagged, rejected, lastSeries, lastLetter] = row.slice(7) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return {
      batch: row[0]!,
      messages: row.slice(1, 7),
      stored,
      duplicate,
      flagged,
      rejected,
      lastSeries,
      lastLetter,
    };
  }

  write(row: LedgerRow): void {
    const { batch, messages, stored, duplicate, flagged, rejected, lastSeries, lastLetter } = row;
    this.update.run(batch, ...messages, stored, duplicate, flagged, rejected, lastSeries, lastLetter);
  }
}
