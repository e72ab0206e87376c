import { CODECS } from '#codecs';
import { FLAGS, nowMicros, parseInstant } from '#model';
import { OntologyHub, UnitTable } from '#semantics';
import { checkSchema } from '../document/check-schema.js';
import type { MappingEnvironment } from '../environment.js';
import { ExpressionWorker } from '../expressions/index.js';
import type { CompiledSchema } from './compiled-schema.js';
import { runExamples } from './examples.js';
import { previewSchema } from './preview.js';

const environment: MappingEnvironment = {
  hub: OntologyHub.load(UnitTable.load()),
  codecs: CODECS,
  // A busy machine is no defect of a mapping.
  worker: new ExpressionWorker({ deadlineMs: 1000 }),
};

afterAll(() => environment.worker.close());

function compile(document: object): CompiledSchema {
  const checked = checkSchema({ id: 's', topic: 'raw/{device}', ...document }, environment, {
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.schema;
}

/** What a document makes of a payload: values as `name@device feature value`, codes of rejections. */
async function map(document: object, payload: unknown, topic = 'raw/d1') {
  const schema = compile(document);
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const preview = await previewSchema(schema, { topic, payload: bytes, received: nowMicros() });
  return {
    values: preview.values.map(
      ({ target, value }) =>
        `${target.name}@${target.device}${target.feature === undefined ? '' : ` ${target.feature}`} ${String(value)}`,
    ),
    rejected: preview.rejected.map(({ code, name }) => (name === undefined ? code : `${name} ${code}`)),
    preview,
  };
}

const T = { property: 'AirTemperature', unit: '°C' };

describe('mapping', () => {
  it('reads the member of the name, converts units once, and skips what is absent', async () => {
    const observations = {
      t: { ...T, unit: '°F' },
      h: { property: 'RelativeHumidity', unit: '%' },
      p: { property: 'AtmosphericPressure', unit: 'Pa' },
    };
    const { values, rejected } = await map({ observations }, { t: 212, h: null, p: '101325' });
    expect(values).toEqual(['t@d1 100', 'p@d1 1013.25']);
    expect(rejected).toEqual([]);
  });

  it('stores the good values beside the rejected ones', async () => {
    const observations = { t: T, u: T, v: T };
    const { values, rejected } = await map({ observations }, { t: 1, u: 'warm', v: 'NaN' });
    expect(values).toEqual(['t@d1 1']);
    expect(rejected).toEqual(['u value-not-number', 'v value-not-finite']);
  });

  it('reads a unit from the payload, through a map, and refuses what it says otherwise', async () => {
    const observations = {
      t: { ...T, value: 'AM2301.Temperature', unit: { value: 'TempUnit', map: { F: '°F' } } },
    };
    const document = { observations };
    expect((await map(document, { AM2301: { Temperature: 70.5 }, TempUnit: 'F' })).values).toEqual([
      't@d1 21.3888888889',
    ]);
    expect((await map(document, { AM2301: { Temperature: 21 }, TempUnit: 'C' })).values).toEqual(['t@d1 21']);
    expect((await map(document, { AM2301: { Temperature: 21 }, TempUnit: 'X' })).rejected).toEqual([
      't unit-unknown',
    ]);
    expect((await map(document, { AM2301: { Temperature: 21 } })).rejected).toEqual(['t unit-missing']);
    expect((await map(document, { AM2301: { Temperature: 21 }, TempUnit: 'hPa' })).rejected).toEqual([
      't unit-incompatible',
    ]);
  });

  it('flags or rejects what is out of range', async () => {
    const flagged = await map({ observations: { t: { ...T, range: [-40, 60] } } }, { t: 61 });
    expect(flagged.preview.values[0]?.flags).toBe(FLAGS['out-of-range']);
    const rejected = await map(
      { observations: { t: { ...T, range: [-40, 60], outOfRange: 'reject' } } },
      { t: 61 },
    );
    expect(rejected.rejected).toEqual(['t value-out-of-range']);
  });

  it('applies rules to each item, with device and feature of its own', async () => {
    const document = {
      each: 'readings',
      device: '{device}-{= id}',
      feature: 'home/{= room}',
      observations: { t: { ...T, value: 'c', when: 'kind = "t"' } },
    };
    const readings = [
      { id: 1, kind: 't', c: 20, room: 'kitchen' },
      { id: 2, kind: 'h', c: 50, room: 'kitchen' },
      { id: 3, kind: 't', c: 21 },
      { kind: 't', c: 22 },
    ];
    const { values, rejected } = await map(document, { readings, room: 'office' });
    expect(values).toEqual(['t@d1-1 home/kitchen 20', 't@d1-3 home/office 21']);
    expect(rejected).toEqual(['device-missing']);
  });

  it('never takes from a neighbour what an item of an array does not say', async () => {
    const document = {
      each: '$',
      device: '{= mac}',
      time: 'ts',
      feature: 'home/{= room}',
      observations: { t: { ...T, unit: { value: 'u' } }, h: { property: 'RelativeHumidity', unit: '%' } },
    };
    const { values, rejected, preview } = await map(document, [
      { mac: 'aa', ts: 1795401611, room: 'kitchen', t: 50, u: '°F', h: 40 },
      { t: 21 },
      { mac: 'bb', t: 22, h: 41 },
    ]);
    expect(values).toEqual(['t@aa home/kitchen 10', 'h@aa home/kitchen 40', 'h@bb 41']);
    expect(rejected).toEqual(['t unit-missing', 't unit-missing']);
    expect(preview.rejected.map(({ item }) => item)).toEqual([1, 2]);
    expect(preview.values[2]?.time).toBeUndefined();
  });

  it('takes one object of `each` as one item, nothing as none, and refuses the rest', async () => {
    const document = { each: 'r', observations: { t: T } };
    expect((await map(document, { r: { t: 5 } })).values).toEqual(['t@d1 5']);
    expect((await map(document, {})).values).toEqual([]);
    expect((await map(document, { r: 5 })).rejected).toEqual(['each-not-array']);
    expect((await map(document, { r: Array.from({ length: 10_001 }, () => ({ t: 1 })) })).rejected).toEqual([
      'each-too-many',
    ]);
  });

  it('takes as many values of one message as items times rules allow', async () => {
    const observations = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, T]));
    const document = { each: 'r', observations };
    const items = (length: number) => ({ r: Array.from({ length }, () => ({ a: 1, b: 2 })) });
    expect((await map(document, items(4000))).values).toHaveLength(8000);
    const { values, rejected, preview } = await map(document, items(4001));
    expect([values, rejected]).toEqual([[], ['each-too-many']]);
    expect(preview.rejected[0]?.message).toBe(
      'each yields 4001 items for 5 rules; at most 20000 values of a message are read',
    );
  });

  it('evaluates what does not compile in the worker, with the same meaning', async () => {
    const document = {
      match: '$count($filter(readings, function($r) { $r.v > 0 })) > 0',
      each: '$filter(readings, function($r) { $r.v > 0 })',
      device: '{= $join([$topic.device, id], "-")}',
      time: '$max($payload.times)',
      observations: {
        t: {
          ...T,
          value: '$reduce([v, 1], function($a, $b) { $a + $b })',
          unit: { value: '$map(["F"], function($x) { "°" & $x })' },
        },
      },
    };
    const payload = {
      readings: [
        { id: 'a', v: 31 },
        { id: 'b', v: -1 },
      ],
      times: [1795401611, 1795401612],
    };
    const { values, rejected, preview } = await map(document, payload);
    expect(rejected).toEqual([]);
    expect(values).toEqual(['t@d1-a 0']);
    expect(preview.values[0]?.time).toBe(parseInstant('2026-11-23T02:40:12Z')?.t);
    expect((await map(document, { readings: [{ id: 'a', v: -1 }] })).values).toEqual([]);
  });

  it('rejects a message whose expression fails or never ends, and only that', async () => {
    const loop = { observations: { t: { ...T, value: '($f := function() { $f() }; $f())' }, u: T } };
    const { values, rejected } = await map(loop, { u: 1 });
    expect(values).toEqual(['u@d1 1']);
    expect(rejected).toEqual([expect.stringMatching(/^t expression-(timeout|failed|memory)$/)]);
    expect((await map({ match: 'a < "b"', observations: { t: T } }, { a: 1, t: 1 })).rejected).toEqual([
      'expression-failed',
    ]);
  });

  it('keeps a time that it cannot read as the arrival, and says so', async () => {
    const document = { time: 'ts', observations: { t: T } };
    const unreadable = (await map(document, { ts: 'yesterday', t: 1 })).preview.values[0];
    expect(unreadable).toMatchObject({ time: undefined, flags: FLAGS['time-unreadable'] });
    const assumed = (await map(document, { ts: '2026-11-23 02:40:11', t: 1 })).preview.values[0];
    expect(assumed).toMatchObject({
      time: parseInstant('2026-11-23T02:40:11Z')?.t,
      flags: FLAGS['zone-assumed'],
    });
  });

  it('checks the payload against its JSON Schema', async () => {
    const document = {
      payload: { type: 'object', required: ['t'], properties: { t: { type: 'number' } } },
      observations: { t: T },
    };
    const { rejected, preview } = await map(document, { t: 'x' });
    expect(rejected).toEqual(['payload-mismatch']);
    expect(preview.rejected[0]?.pointer).toBe('/t');
    const loop = { payload: { $ref: '#' }, observations: { t: T } };
    expect((await map(loop, { t: 1 })).rejected).toEqual(['payload-mismatch']);
  });

  it('reads decimal commas and separated fields of text', async () => {
    const comma = { codec: { name: 'text', decimal: ',' }, observations: { value: T } };
    expect((await map(comma, '21,4')).values).toEqual(['value@d1 21.4']);
    const line = {
      codec: { name: 'text', separator: ';', fields: ['t', 'h'] },
      observations: { t: T, h: { property: 'RelativeHumidity', unit: '%' } },
    };
    expect((await map(line, '21.5;44')).values).toEqual(['t@d1 21.5', 'h@d1 44']);
  });

  it('maps states, concepts and positions', async () => {
    const observations = {
      contact: { property: 'Opened', values: { true: false, false: true } },
      at: { property: 'Position', value: 'gps' },
    };
    const { values, rejected } = await map(
      { observations },
      { contact: false, gps: { lat: 52.5, lon: 13.4 } },
    );
    expect(rejected).toEqual([]);
    expect(values).toEqual(['contact@d1 true', 'at@d1 POINT(13.4 52.5)']);
    expect((await map({ observations }, { contact: 'maybe' })).rejected).toEqual(['contact value-unmapped']);
  });

  it('keeps texts of 65,536 characters and of 4 MiB in all, and rejects each that is beyond', async () => {
    const fw = { property: 'FirmwareVersion', value: 'x ? "v1" : $payload.fw' };
    const document = { each: 'readings', observations: { fw, t: T } };
    const readings = (length: number) => Array.from({ length }, () => ({ t: 1 }));
    const long = await map(document, { fw: 'x'.repeat(65_537), readings: readings(2) });
    expect([long.values.length, long.rejected]).toEqual([2, ['fw value-too-large', 'fw value-too-large']]);
    const many = [...readings(70), { x: true }, { t: 1 }];
    const { values, rejected, preview } = await map(document, { fw: 'x'.repeat(60_000), readings: many });
    expect(values.filter((value) => value.startsWith('t'))).toHaveLength(71);
    // 69 times 60,000; after it, what is short has room.
    expect(values.filter((value) => value.startsWith('fw'))).toHaveLength(70);
    expect(rejected).toEqual(['fw value-too-large', 'fw value-too-large']);
    expect(preview.rejected).toMatchObject([
      {
        item: 69,
        message: 'fw: with its 60000 characters the texts of the message would have more than 4194304',
      },
      { item: 71 },
    ]);
  });

  it('looks up what is short, and lists some of what could be meant', async () => {
    const values = Object.fromEntries(Array.from({ length: 998 }, (_, i) => [`code ${i}`, 'v1']));
    const fw = { property: 'FirmwareVersion', values: { ...values, '[1,{"a":null}]': 'v2', '1': 'v3' } };
    const document = { each: 'readings', observations: { fw: { ...fw, value: 'c ? c : $payload.fw' } } };
    const readings = [{ c: 'code 7' }, { c: 1 }, { c: '1' }, {}];
    expect((await map(document, { fw: [1, { a: null }], readings })).values).toEqual([
      'fw@d1 v1',
      'fw@d1 v3',
      'fw@d1 v3',
      'fw@d1 v2',
    ]);
    const large = Array(200_000).fill(0);
    const from = process.cpuUsage();
    const { preview } = await map(document, { fw: large, readings: Array(2000).fill({}) });
    expect(process.cpuUsage(from).user).toBeLessThan(4_000_000);
    expect(preview.rejected).toHaveLength(2000);
    expect(preview.rejected[0]).toMatchObject({ code: 'value-unmapped' });
    expect(preview.rejected[0]!.message.length).toBeLessThan(400);
  });

  it('never reads what objects inherit', async () => {
    const observations = {
      constructor: T,
      t: { ...T, value: 'toString.length' },
      u: { ...T, value: '__proto__.x' },
    };
    expect((await map({ observations }, '{"__proto__": {"x": 7}}')).values).toEqual(['u@d1 7']);
    expect((await map({ observations }, {})).values).toEqual([]);
  });
});

describe('preview', () => {
  it('tells each step and what nothing reads', async () => {
    const document = {
      match: 'kind = "climate"',
      observations: { t: { ...T, value: 'a.t', unit: '°F', when: '$exists(a)' } },
    };
    const { preview } = await map(document, {
      kind: 'climate',
      a: { t: 50, extra: 1 },
      list: [{ x: 1 }, { x: 2 }, { y: 1 }],
    });
    expect(preview.unmapped).toEqual(['/a/extra', '/list/0/x', '/list/2/y']);
    expect(preview.trace.map(({ step }) => step)).toEqual([
      'pattern',
      'codec',
      'match',
      'value',
      'unit',
      'result',
    ]);
    expect(preview.trace.find(({ step }) => step === 'unit')?.message).toContain('DEG_C');
  });

  it('says that names are not looked for in the items of an array without `each`', async () => {
    const payload = [{ t: 1, at: 1795401611, extra: 2 }, { t: 2 }];
    const { values, rejected, preview } = await map({ time: 'at[0]', observations: { t: T, u: T } }, payload);
    expect([values, rejected]).toEqual([[], []]);
    expect(preview.unmapped).toEqual(['/0/t', '/0/extra']);
    expect(preview.trace).toContainEqual({ step: 'each', message: expect.stringContaining('array') });
  });

  it.each([
    ['each', { each: '$', observations: { t: T } }, ['t@d1 1', 't@d1 2'], []],
    ['a path', { observations: { t: { ...T, value: '$[1].t' } } }, ['t@d1 2'], []],
    ['a path over the items', { observations: { t: { ...T, value: '$sum(t)' } } }, ['t@d1 3'], []],
    ['a path that is no value', { observations: { t: { ...T, value: 't' } } }, [], ['t value-not-number']],
    ['its time', { time: 't[0]', observations: { a: { ...T, value: '7' }, t: T } }, ['a@d1 7'], []],
  ])('knows what %s reads of a payload that is an array', async (_, document, values, rejected) => {
    const outcome = await map(document, [{ t: 1 }, { t: 2 }]);
    expect([outcome.values, outcome.rejected]).toEqual([values, rejected]);
    expect(outcome.preview.unmapped).toEqual([]);
  });

  it('knows what `each` and its rules read', async () => {
    const document = { each: 'readings', time: '$payload.ts', observations: { t: { ...T, value: 'c' } } };
    const { preview } = await map(document, { ts: 1795401611, readings: [{ c: 1, rssi: -80 }], other: true });
    expect(preview.unmapped).toEqual(['/readings/0/rssi', '/other']);
  });

  it('knows what rules read of items that lie under names of their own', async () => {
    const document = {
      each: 'data.tags.*',
      device: '{= id}',
      time: 'ts',
      observations: { t: { ...T, value: 'a.c' } },
    };
    const tag = { id: 'd7', ts: 1795401611, a: { c: 1, extra: 2 }, rssi: -80 };
    const { values, preview } = await map(document, {
      data: { tags: { x: tag, y: tag } },
      c: 1,
      other: { a: { c: 1 } },
    });
    expect(values).toEqual(['t@d7 1', 't@d7 1']);
    expect(preview.unmapped).toEqual([
      '/data/tags/x/a/extra',
      '/data/tags/x/rssi',
      '/data/tags/y/a/extra',
      '/data/tags/y/rssi',
      '/c',
      '/other/a/c',
    ]);
  });

  it('says that no pattern fits', async () => {
    const { rejected } = await map({ observations: { t: T } }, { t: 1 }, 'elsewhere/d1');
    expect(rejected).toEqual(['topic-unmatched']);
  });
});

describe('examples', () => {
  const example = (expected: object, payload: unknown = { t: 50 }) => ({
    observations: { t: { ...T, unit: '°F' } },
    examples: [{ topic: 'raw/d1', payload, expect: [expected] }],
  });

  it.each([
    [{ property: 'AirTemperature', value: 10 }, true],
    [{ property: 'AirTemperature', value: 50, unit: '°F' }, true],
    [{ property: 'AirTemperature', value: 50 }, false],
    [{ property: 'AirTemperature', value: 10, name: 'u' }, false],
    [{ property: 'WaterTemperature', value: 10 }, false],
  ])('%j holds: %s', async (expected, holds) => {
    const problems = await runExamples(compile(example(expected)));
    expect(problems.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(
      holds ? [] : ['/examples/0/expect/0 example-failed'],
    );
  });

  it('says what was expected and what came instead', async () => {
    const [problem] = await runExamples(
      compile(example({ property: 'AirTemperature', value: 11 }, { t: 'warm' })),
    );
    expect(problem?.message).toMatch(
      /expected AirTemperature 11.*value.*warm.*not a number|expected AirTemperature 11, got no observation; rejected: t: "warm" is not a number/,
    );
  });
});

describe('status', () => {
  it('reads JSON and text, and says nothing where nothing is said', () => {
    const { status } = compile({
      observations: { t: T },
      status: { topic: 'tele/{device}/LWT', online: ['Online', true] },
    });
    const say = (topic: string, payload: string) => status?.evaluate(topic, Buffer.from(payload));
    expect(say('tele/d1/LWT', 'Online')).toEqual({ device: 'd1', online: true });
    expect(say('tele/d1/LWT', 'true')).toEqual({ device: 'd1', online: true });
    expect(say('tele/d1/LWT', 'Offline')).toEqual({ device: 'd1', online: false });
    expect(say('tele/d1/STATE', 'Online')).toBeUndefined();
    const nested = compile({
      observations: { t: T },
      status: { topic: 'z/{device}/availability', value: 'state', online: 'online' },
    });
    expect(nested.status?.evaluate('z/d2/availability', Buffer.from('{"state":"online"}'))).toEqual({
      device: 'd2',
      online: true,
    });
  });
});
