import { CODECS } from '#codecs';
import { SeriesTable } from '#ingest';
import { bindSchema, checkSchema, ExpressionWorker } from '#mapping';
import { ObservationRenderer, OntologyHub, UnitTable } from '#semantics';
import { BENCH_SCHEMA, rawMessages } from './fleet.mjs';

const WARM_UP = 20_000;
const ROUNDS = 200_000;

/** Nanoseconds of each step of the line on one thread, a message and a value; without broker and store. */
export function micro() {
  const hub = OntologyHub.load(UnitTable.load());
  const environment = { hub, codecs: CODECS, worker: new ExpressionWorker() };
  const checked = checkSchema(BENCH_SCHEMA, environment, { version: 1, createdAt: '2026-01-01T00:00:00Z' });
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  const { schema } = checked;
  const [pattern] = schema.patterns;
  const [{ topic, payload }] = rawMessages(1);
  const bound = bindSchema(schema, pattern, topic);
  const bytes = Buffer.from(payload);
  const decoded = bound.decode(bytes);
  const { values } = bound.map(decoded);
  const table = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
  const ref = table.schemaRef(schema.id, 1);
  const now = Date.now() * 1000;
  const records = values.map(({ target, value, flags }) => ({
    series: table.resolve(target.device, target.name, target.property, target.feature ?? ''),
    time: now,
    nth: 0,
    value,
    resultTime: now,
    schema: ref,
    flags,
  }));
  const renderer = new ObservationRenderer('http://localhost:3000');
  const steps = {
    decode: () => bound.decode(bytes),
    map: () => bound.map(decoded),
    serialise: () => {
      for (const record of records) renderer.json(record);
    },
  };
  return Object.entries(steps).map(([name, step]) => {
    for (let i = 0; i < WARM_UP; i++) step();
    const began = process.hrtime.bigint();
    for (let i = 0; i < ROUNDS; i++) step();
    const ns = Number(process.hrtime.bigint() - began) / ROUNDS;
    return { name, message: ns, value: ns / values.length };
  });
}
