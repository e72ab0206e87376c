/**
 * Data folders as months of use would leave them, written through the stores themselves: no line of this depends on how
 * they keep their rows.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CODECS } from '#codecs';
import { SeriesTable } from '#ingest';
import { bindSchema, checkSchema, ExpressionWorker } from '#mapping';
import { OntologyHub, UnitTable } from '#semantics';
import { ControlStore, SqliteObservationStore } from '#storage';
import { BENCH_SCHEMA, OBSERVATIONS, rawMessages } from './fleet.mjs';

const MICROS_A_MINUTE = 60_000_000;
/** Minutes of a year. */
export const YEAR = 365 * 24 * 60;
/** Messages that await their commit at most. */
const OUTSTANDING = 20_000;

/** The mapping document of a number of devices, bound once, and the series that their messages have. */
export function bench() {
  const hub = OntologyHub.load(UnitTable.load());
  const environment = { hub, codecs: CODECS, worker: new ExpressionWorker() };
  const checked = checkSchema(BENCH_SCHEMA, environment, { version: 1, createdAt: '2026-01-01T00:00:00Z' });
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  const { schema } = checked;
  const [pattern] = schema.patterns;
  const table = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
  const ref = table.schemaRef(schema.id, 1);
  const bind = (topic) => bindSchema(schema, pattern, topic);
  const seriesOf = ({ topic, payload }) => {
    const bound = bind(topic);
    return bound
      .map(bound.decode(Buffer.from(payload)))
      .values.map(({ target }) =>
        table.resolve(target.device, target.name, target.property, target.feature ?? ''),
      );
  };
  return { bind, seriesOf, table, ref };
}

/**
 * Writes the control file and a year of observations up to now. The first `dense` devices measure each minute, the others
 * as often as makes the number of rows. Answers the rows' number and the time of the first, in microseconds.
 */
export async function fillFolder(directory, { devices, rows, dense = 0, say = () => undefined }) {
  await fillControl(directory, { schemas: [BENCH_SCHEMA], devices });
  const { seriesOf, ref } = bench();
  const series = rawMessages(devices).slice(0, devices).map(seriesOf);
  const messages = Math.ceil(rows / OBSERVATIONS);
  const rest = messages - dense * YEAR;
  if (rest < 0) throw new Error(`${rows} rows are not enough for ${dense} devices that measure each minute`);
  const every = Math.max(1, Math.floor((YEAR * (devices - dense)) / Math.max(1, rest)));
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  const from = (Math.floor(Date.now() / 60_000) - YEAR) * MICROS_A_MINUTE;
  const began = performance.now();
  let written = 0;
  let chunk = [];
  let before = Promise.resolve();
  const send = async () => {
    await before;
    before = Promise.all(chunk);
    chunk = [];
  };
  for (let minute = 0; minute < YEAR; minute++) {
    for (let device = 0; device < devices; device++) {
      if (device >= dense && minute % every !== device % every) continue;
      const time = from + minute * MICROS_A_MINUTE + device;
      chunk.push(store.append(message(series[device], ref, time, device, minute)));
      written += OBSERVATIONS;
      if (chunk.length === OUTSTANDING / 2) await send();
    }
    if (minute % (YEAR / 10) === 0 && minute > 0)
      say(`  ${written} rows, ${Math.round((written * 1000) / (performance.now() - began))} rows/s`);
  }
  await send();
  await before;
  await store.close();
  return { rows: written, from };
}

/** Schemas and devices, as users and first messages would have registered them. */
export async function fillControl(directory, { schemas, devices }) {
  const control = await ControlStore.open(join(directory, 'control.db'));
  for (const schema of schemas) await control.schemas.save(schema);
  await control.devices.createMany(Array.from({ length: devices }, (_, i) => `device-${i}`));
  await control.close();
}

/** Bytes of all files below a folder. */
export function bytesIn(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

/** A day's course, with a step now and then: neighbours resemble each other, as what is measured does. */
function message(series, schema, time, device, minute) {
  const day = Math.sin((minute / 720) * Math.PI + device);
  const noise = ((minute * 7919 + device * 104_729) % 10) / 10;
  const numbers = [20 + 5 * day, 55 - 10 * day, 1013 + 4 * day, 100 - ((minute / 1440) % 90)];
  return {
    values: series.map((one, i) => ({
      series: one,
      time,
      value: one.type === 'quantity' ? Math.round((numbers[i] + noise) * 10) / 10 : minute % 60 < 10,
      resultTime: time + 1500,
      schema,
      flags: 0,
    })),
    rejectedValues: 0,
    fallback: 'filtered',
  };
}
