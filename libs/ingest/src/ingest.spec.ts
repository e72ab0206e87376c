import { CODECS } from '#codecs';
import { checkSchema, ExpressionWorker } from '#mapping';
import {
  nowMicros,
  TimeCrowdedError,
  type MessageAppend,
  type ObservationStore,
  type RawMessage,
  type Settled,
} from '#model';
import { OntologyHub, UnitTable } from '#semantics';
import { DeviceTable } from './device-table.js';
import { Ingest } from './ingest.js';
import { SeriesTable } from './series-table.js';
import { Snapshot } from './snapshot.js';

describe('a message whose device is purged before its values that are crowded are left out', () => {
  const environment = {
    hub: OntologyHub.load(UnitTable.load()),
    codecs: CODECS,
    worker: new ExpressionWorker(),
  };
  const rule = { property: 'AirTemperature', unit: '°C' };
  const checked = checkSchema(
    { id: 's', topic: 'raw/{device}', observations: { t: rule, u: rule } },
    environment,
    { version: 1, createdAt: '2026-01-01T00:00:00Z' },
  );
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  const { schema } = checked;

  afterAll(() => environment.worker.close());

  it('is stored in series that are there', async () => {
    const table = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
    const appended: MessageAppend[] = [];
    /** Gives the first message back, after a purge. */
    const submit = (message: MessageAppend, settled: Settled) =>
      queueMicrotask(() => {
        // As it was handed over: the message may be changed later.
        appended.push({ ...message, values: message.values.map((value) => ({ ...value })) });
        if (appended.length > 1)
          return settled({ state: 'stored', statuses: Uint16Array.of(0), first: 0 }, undefined, message);
        table.forgetDevice('d');
        settled(undefined, new TimeCrowdedError([0]), message);
      });
    const store = { submit } as unknown as ObservationStore;
    const snapshot = new Snapshot([schema], (id, version) => table.schemaRef(id, version));
    const ingest = new Ingest(store, table, new DeviceTable(10), snapshot);
    const raw: RawMessage = {
      client: 'c',
      topic: 'raw/d',
      payload: Buffer.from('{"t": 1, "u": 2}'),
      qos: 0,
      retain: false,
      dup: false,
      username: '',
      received: nowMicros(),
    };
    const outcome = await ingest.ingest(raw);

    expect(appended.map(({ values }) => values.map(({ series }) => series.name))).toEqual([
      ['t', 'u'],
      ['u'],
    ]);
    const { series } = appended[1]!.values[0]!;
    expect(table.byId(series.id)).toBe(series);
    expect(outcome.observations).toMatchObject([{ value: 2, series: { name: 'u' } }]);
  });
});
