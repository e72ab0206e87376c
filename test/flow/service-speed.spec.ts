import { join } from 'node:path';
import { ControlStore, SqliteObservationStore } from '#storage';
import type { SchemaRef, Series } from '#model';
import { ServiceProcess, temporaryFolder } from './support/child.js';

const SCHEMAS = 1000;
const DEVICES = 10_000;
const DATASTREAMS = ['temperature', 'humidity', 'pressure', 'illuminance', 'opened'] as const;
/** Users wait less than 2 s; a machine that is busy with other tests is granted twice that. */
const LIMIT_MS = 4000;
/** On a machine where even an empty start takes long, it may take this many times as long as that. */
const FACTOR = 3.5;

const property = {
  temperature: { property: 'AirTemperature', unit: '°C' },
  humidity: { property: 'RelativeHumidity', unit: '%' },
  pressure: { property: 'AtmosphericPressure', unit: 'hPa' },
  illuminance: { property: 'Illuminance', unit: 'lx' },
  opened: { property: 'Opened', value: 'contact = false' },
};

const SERIES: Readonly<
  Record<(typeof DATASTREAMS)[number], Pick<Series, 'property' | 'unit' | 'kind' | 'type'>>
> = {
  temperature: { property: 'AirTemperature', unit: 'DEG_C', kind: 'Temperature', type: 'quantity' },
  humidity: { property: 'RelativeHumidity', unit: 'PERCENT', kind: 'RelativeHumidity', type: 'quantity' },
  pressure: { property: 'AtmosphericPressure', unit: 'HectoPA', kind: 'Pressure', type: 'quantity' },
  illuminance: { property: 'Illuminance', unit: 'LUX', kind: 'Illuminance', type: 'quantity' },
  opened: { property: 'Opened', unit: '', kind: 'State', type: 'state' },
};

/** A data folder as years of use leave it, written by the stores' own classes. */
async function grown(): Promise<string> {
  const folder = await temporaryFolder();
  const control = await ControlStore.open(join(folder, 'control.db'));
  for (let n = 0; n < SCHEMAS; n++) {
    await control.schemas.save({
      id: `schema-${n}`,
      topic: `site-${n}/{room}/{device}/state`,
      device: '{= $topic.device & "-" & $string(id)}',
      feature: `site-${n}/{room}`,
      time: { value: 'last_seen', format: 'iso8601' },
      observations: property,
    } as never);
  }
  const ids = Array.from({ length: DEVICES }, (_, n) => `device-${n}`);
  await control.devices.createMany(ids);
  await control.close();

  const store = new SqliteObservationStore({ directory: folder, durability: 'os' });
  await store.open();
  let id = 0;
  const now = Date.now() * 1000;
  const appended = ids.map((device, n) => {
    const schema: SchemaRef = { id: (n % SCHEMAS) + 1, schema: `schema-${n % SCHEMAS}`, version: 1 };
    const values = DATASTREAMS.map((name) => ({
      series: {
        ...SERIES[name],
        id: ++id,
        device,
        name,
        feature: 'site/room',
        origin: 'core',
        circular: false,
      },
      time: now,
      value: name === 'opened' ? true : 21.5,
      resultTime: now,
      schema,
      flags: 0,
    }));
    return store.append({ values: values as never, rejectedValues: 0, fallback: 'filtered' });
  });
  await Promise.all(appended);
  await store.close();
  return folder;
}

describe('a start with 1,000 schemas and 10,000 devices of five datastreams each', () => {
  it('listens in time, with everything there', async () => {
    const folder = await grown();
    const [empty, none] = await timed(await temporaryFolder());
    await none.stop();
    const [took, service] = await timed(folder);
    const line = await service.log(({ msg }) => msg.startsWith('Glossa listens'));
    console.log(`1,000 schemas and 50,000 datastreams: ${took} ms; an empty folder: ${empty} ms`);
    expect(line['schemas']).toBe(SCHEMAS);
    expect(service.lines.filter(({ level }) => level >= 40)).toEqual([]);
    const rest = service.rest();
    const { body } = await rest.get('/api/observations/latest?device=device-9999');
    expect(body.member).toHaveLength(DATASTREAMS.length);
    expect((await rest.get('/api/devices/device-5000')).status).toBe(200);
    const mqtt = await service.mqtt();
    const message = { id: 1, temperature: 20, humidity: 40, pressure: 1000, illuminance: 5, contact: false };
    await mqtt.publish('site-999/hall/new/state', { ...message, last_seen: '2026-11-23T02:40:11Z' });
    expect((await rest.get('/api/observations?device=new-1')).body.member).toHaveLength(DATASTREAMS.length);
    await mqtt.end();
    await service.stop();
    expect(took).toBeLessThan(Math.max(LIMIT_MS, FACTOR * empty));
  }, 90_000);
});

/** Starts the service and answers how many milliseconds passed until it listened. */
async function timed(folder: string): Promise<[number, ServiceProcess]> {
  const began = performance.now();
  const service = await ServiceProcess.start({ GLOSSA_MAX_DEVICES: '20000' }, folder);
  return [Math.round(performance.now() - began), service];
}
