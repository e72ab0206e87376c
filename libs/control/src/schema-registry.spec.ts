import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODECS } from '#codecs';
import { SeriesTable } from '#ingest';
import { ExpressionWorker } from '#mapping';
import { OntologyHub, UnitTable } from '#semantics';
import { ControlStore } from '#storage';
import { SchemaRegistry } from './schema-registry.js';

describe('the schema registry', () => {
  let folder: string;
  let store: ControlStore;
  let schemas: SchemaRegistry;
  const worker = new ExpressionWorker({});

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glossa-schemas-'));
    store = await ControlStore.open(join(folder, 'control.db'));
    const series = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
    const environment = { hub: OntologyHub.load(UnitTable.load()), codecs: CODECS, worker };
    schemas = new SchemaRegistry(store, environment, series, []);
  });

  afterAll(async () => {
    await worker.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const document = (id: string, more: object = {}) => ({
    id,
    topic: `${id}/{device}`,
    observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
    ...more,
  });

  it('lets one of the documents win that come for an id at once', async () => {
    const results = await Promise.allSettled(
      ['One', 'Two', 'Three'].map((title) => schemas.create(document('race', { title }))),
    );
    const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'already-exists' }) };
    expect(results).toEqual([expect.objectContaining({ status: 'fulfilled' }), refused, refused]);
    expect(await store.schemas.versions('race')).toHaveLength(1);
  });

  it('lets one of the schemas win that come for a pattern at once', async () => {
    const results = await Promise.allSettled(
      ['a', 'b'].map((id) => schemas.replace(id, document(id, { topic: 'contested/{device}' }))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { errors: [{ code: 'topic-taken' }] } });
    expect(schemas.compiled('b')).toBeUndefined();
  });

  it('goes on after a document that was refused', async () => {
    await expect(schemas.create({})).rejects.toMatchObject({ code: 'schema-invalid' });
    await expect(schemas.create(document('after'))).resolves.toMatchObject({ created: 'new', version: 1 });
  });
});
