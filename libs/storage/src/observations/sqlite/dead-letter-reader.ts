import type { Database } from 'better-sqlite3';
import {
  LEDGER_STATES,
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type Qos,
  type Rejection,
} from '#model';

interface LetterRow {
  readonly id: number;
  readonly state: number;
  readonly received: number;
  readonly qos: Qos;
  readonly topic: string;
  readonly client: string;
  readonly username: string;
  readonly device: string | null;
  readonly schema: string | null;
  readonly rule: string | null;
  readonly rejections: string;
  readonly size: number;
  readonly payload: Buffer;
}

/** Reads a page of dead letters, newest first. */
export function readDeadLetters(db: Database, query: DeadLetterQuery): DeadLetterPage {
  const { sql, values } = filters(query);
  const rows = db
    .prepare<unknown[], LetterRow>(`select * from dead_letter where ${sql} order by id desc limit ?`)
    .all(...values, query.limit + 1);
  const items = rows.slice(0, query.limit).map(toLetter);
  const last = items.at(-1);
  return rows.length > items.length && last ? { items, next: last.id } : { items };
}

function filters({ states, ids, device, code, schema, before }: DeadLetterQuery): {
  sql: string;
  values: unknown[];
} {
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (sql: string, ...more: unknown[]) => {
    parts.push(sql);
    values.push(...more);
  };
  if (before !== undefined) add('id < ?', before);
  if (ids) add('id in (select value from json_each(?))', JSON.stringify(ids));
  if (states) {
    const indexes = states.map((state) => LEDGER_STATES.indexOf(state));
    add('state in (select value from json_each(?))', JSON.stringify(indexes));
  }
  if (device !== undefined) add('device = ?', device);
  if (schema !== undefined)
    add('substr(schema, 1, length(?)) = ?', `${schema}/versions/`, `${schema}/versions/`);
  if (code !== undefined) {
    add("exists (select 1 from json_each(rejections) where json_extract(value, '$.code') = ?)", code);
  }
  return { sql: parts.length > 0 ? parts.join(' and ') : 'true', values };
}

function toLetter(row: LetterRow): DeadLetter {
  const {
    id,
    state,
    received,
    qos,
    topic,
    client,
    username,
    device,
    schema,
    rule,
    rejections,
    size,
    payload,
  } = row;
  return {
    id,
    state: LEDGER_STATES[state]!,
    received,
    qos,
    topic,
    client,
    username,
    ...(device !== null && { device }),
    ...(schema !== null && { schema }),
    ...(rule !== null && { rule }),
    rejections: JSON.parse(rejections) as Rejection[],
    payloadSize: size,
    payload: new Uint8Array(payload),
  };
}
