import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateway } from './processes.mjs';

/** Milliseconds until a gateway with many schemas and devices listens, and its resident bytes then. */
export async function startUp({ schemas, devices }) {
  const directory = mkdtempSync(join(tmpdir(), 'glossa-bench-'));
  await fill(directory, schemas, devices);
  const gateway = await Gateway.start({}, directory);
  const { now } = gateway.memory();
  await gateway.stop();
  return { ms: gateway.startMs, memory: now };
}

/** Writes the data folder as months of use would leave it, through the stores themselves. */
async function fill(directory, schemas, devices) {
  const { ControlStore, SqliteObservationStore } = await import('#storage');
  const names = ['AirTemperature', 'RelativeHumidity', 'AtmosphericPressure', 'Illuminance', 'BatteryLevel'];
  const units = ['°C', '%', 'hPa', 'lx', '%'];
  const ids = ['DEG_C', 'PERCENT', 'HectoPA', 'LUX', 'PERCENT'];
  const control = await ControlStore.open(join(directory, 'control.db'));
  for (let i = 0; i < schemas; i++) {
    const observations = Object.fromEntries(
      names.map((property, k) => [property.toLowerCase(), { property, unit: units[k] }]),
    );
    await control.schemas.save({
      id: `schema-${i}`,
      topic: `site-${i}/{device}/state`,
      feature: 'site/{= room}',
      observations,
    });
  }
  await control.devices.createMany(Array.from({ length: devices }, (_, i) => `device-${i}`));
  await control.close();
  const store = new SqliteObservationStore({ directory, durability: 'os' });
  await store.open();
  const schema = { id: 1, schema: 'schema-0', version: 1 };
  const time = 1_790_000_000_000_000;
  await Promise.all(
    Array.from({ length: devices }, (_, d) =>
      store.append({
        rejectedValues: 0,
        fallback: 'filtered',
        values: names.map((property, k) => ({
          series: {
            id: d * names.length + k + 1,
            device: `device-${d}`,
            name: property.toLowerCase(),
            property,
            unit: ids[k],
            feature: 'site/hall',
            kind: 'Temperature',
            type: 'quantity',
            origin: 'core',
            circular: false,
          },
          time,
          value: d % 100,
          resultTime: time,
          schema,
          flags: 0,
        })),
      }),
    ),
  );
  await store.close();
}
