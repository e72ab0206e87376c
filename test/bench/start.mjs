import { SqliteObservationStore } from '#storage';
import { bench, fillControl } from './fill.mjs';
import { BENCH_SCHEMA, rawMessages } from './fleet.mjs';
import { Gateway } from './processes.mjs';
import { scratch } from './scratch.mjs';

/** Milliseconds until a gateway with many schemas and devices listens, and its resident bytes then. */
export async function startUp({ schemas, devices }) {
  const directory = scratch();
  await fill(directory, schemas, devices);
  const gateway = await Gateway.start({}, directory);
  const { now } = gateway.memory();
  await gateway.stop();
  return { ms: gateway.startMs, memory: now };
}

/** Documents with an expression each, and one observation of every datastream. */
async function fill(directory, schemas, devices) {
  const documents = Array.from({ length: schemas }, (_, i) => ({
    ...BENCH_SCHEMA,
    id: i === 0 ? BENCH_SCHEMA.id : `schema-${i}`,
    topic: `site-${i}/{device}/state`,
    feature: 'site/{= room}',
  }));
  await fillControl(directory, { schemas: documents, devices });
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  const { seriesOf, ref: schema } = bench();
  const time = Date.now() * 1000;
  await Promise.all(
    rawMessages(devices)
      .slice(0, devices)
      .map((message, i) =>
        store.append({
          rejectedValues: 0,
          fallback: 'filtered',
          values: seriesOf(message).map((series) => ({
            series,
            time,
            value: series.type === 'quantity' ? i % 100 : true,
            resultTime: time,
            schema,
            flags: 0,
          })),
        }),
      ),
  );
  await store.close();
}
