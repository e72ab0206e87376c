import { CODECS } from '#codecs';
import { checkSchema, ExpressionWorker, type CompiledSchema, type MapResult } from '#mapping';
import { OntologyHub, UnitTable } from '#semantics';
import { Snapshot } from './snapshot.js';
import { Suspensions } from './suspension.js';

const refOf = (schema: string, version: number) => ({ id: 1, schema, version });

describe('routes', () => {
  const snapshot = new Snapshot([], refOf);

  it('are remembered for topics of a usual length', () => {
    expect(snapshot.route('a/b')).toBe(snapshot.route('a/b'));
    expect(snapshot.remembered).toBe(1);
  });

  it('are not for long ones, which would fill the memory', () => {
    const before = snapshot.remembered;
    for (let i = 0; i < 100; i++) snapshot.route(`${i}/${'x'.repeat(65_000)}`);
    expect(snapshot.remembered).toBe(before);
    expect(snapshot.route('x'.repeat(65_000)).candidates).toEqual([]);
  });
});

describe('routes to a schema of many rules', () => {
  const environment = {
    hub: OntologyHub.load(UnitTable.load()),
    codecs: CODECS,
    worker: new ExpressionWorker(),
  };
  const rules = Array.from({ length: 100 }, (_, i) => [`t${i}`, { property: 'AirTemperature', unit: '°C' }]);
  const schema = compile({ id: 'many', topic: 'raw/{device}', observations: Object.fromEntries(rules) });

  afterAll(() => environment.worker.close());

  function compile(document: object): CompiledSchema {
    const checked = checkSchema(document, environment, { version: 1, createdAt: '2026-01-01T00:00:00Z' });
    if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
    return checked.schema;
  }

  function map(snapshot: Snapshot, topic: string, payload: object): MapResult {
    return snapshot.route(topic).candidates[0]!.bound.map(payload, { client: 'c' }) as MapResult;
  }

  it('hold nothing for rules that yield nothing', () => {
    const snapshot = new Snapshot([schema], refOf);
    for (let i = 0; i < 100; i++) snapshot.route(`raw/${i}`);
    const unmapped = snapshot.held;
    expect(unmapped).toBeLessThan(100 * 1000);
    map(snapshot, 'raw/1', { none: 1 });
    expect(snapshot.held).toBe(unmapped);
    map(snapshot, 'raw/1', { t7: 1 });
    const one = snapshot.held - unmapped;
    expect(one).toBeGreaterThan(100);
    map(snapshot, 'raw/1', { t7: 2 });
    expect(snapshot.held - unmapped).toBe(one);
    const all = Object.fromEntries(rules.map(([name]) => [name as string, 1]));
    map(snapshot, 'raw/2', all);
    expect(snapshot.held - unmapped).toBeGreaterThan(5 * one);
  });

  it('are forgotten when they hold too much, and made again', () => {
    const limit = 1_000_000;
    const snapshot = new Snapshot([schema], refOf, [], new Suspensions(), limit);
    const all = Object.fromEntries(rules.map(([name]) => [name as string, 1]));
    let most = 0;
    for (let i = 0; i < 200; i++) {
      expect(map(snapshot, `raw/${i}`, all)).toHaveProperty('values.length', 100);
      most = Math.max(most, snapshot.held);
    }
    // The last message may go beyond.
    expect(most).toBeGreaterThan(limit);
    expect(most).toBeLessThan(limit * 1.1);
    expect(snapshot.remembered).toBeLessThan(100);
    const kept = snapshot.route('raw/199');
    expect(snapshot.route('raw/199')).toBe(kept);
  });

  it('of one topic that speaks for many devices are bounded, too', () => {
    const { observations } = schema.document;
    const relay = compile({ id: 'relay', topic: 'relay', device: '{= id}', each: 'list', observations });
    const limit = 1_000_000;
    const snapshot = new Snapshot([relay], refOf, [], new Suspensions(), limit);
    for (let i = 0; i < 300; i++) {
      const list = Array.from({ length: 100 }, (_, k) => ({ id: `d${i}-${k}`, t1: 1 }));
      expect(map(snapshot, 'relay', { list })).toHaveProperty('values.length', 100);
      expect(snapshot.held).toBeLessThan(limit * 1.1);
    }
  });
});
