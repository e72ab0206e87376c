import { ServiceProcess } from './support/child.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import type { MqttTester } from './support/mqtt.js';
import { Publisher } from './support/publisher.js';

const t = { property: 'AirTemperature', unit: '°C' };
const SCHEMAS = [
  { id: 'json', topic: 'json/{device}', time: '$exists(at) ? at : undefined', observations: { t } },
  { id: 'text', topic: 'text/{device}', codec: 'text', observations: { t: { ...t, value: 'value' } } },
  { id: 'ids', topic: 'ids', device: '{= id}', observations: { t } },
  { id: 'neighbour', topic: 'neighbour/{device}', observations: { t } },
  ...Object.entries({
    recursion: '($f := function($x) { $f($x + 1) }; $f(t))',
    endless: '($f := function($x) { $x < 0 ? 0 : $f($x + 1) }; $f(t))',
    memory: '$length($pad("x", 200000000))',
    list: '$sum([1..9999999].($string($)))',
    regex: '$count($match(text, /^(a+)+$/))',
  }).map(([id, value]) => ({
    id: `wild-${id}`,
    topic: `wild/${id}/{device}`,
    observations: { t: { ...t, value } },
  })),
];

const MIB = 1024 * 1024;
const LIMIT = /^expression-(timeout|memory|failed)$/;

/** What is sent, and the state with the code of its dead letter, if it has one. */
const PAYLOADS: readonly (readonly [
  what: string,
  topic: string,
  payload: string | Buffer,
  state: string,
  code?: string | RegExp,
])[] = [
  ['bytes that are no text', 'json/x', Buffer.from([0xff, 0xfe, 0, 1]), 'rejected', 'payload-not-utf8'],
  [
    'a text with a broken character',
    'json/x',
    Buffer.from('7b2274223a22c328227d', 'hex'),
    'rejected',
    'payload-not-utf8',
  ],
  ['a lone byte of a character', 'text/x', Buffer.from([0xe2, 0x82]), 'rejected', 'payload-not-utf8'],
  ['half of an object', 'json/x', '{"t": 1', 'rejected', 'payload-not-json'],
  ['lists in lists', 'json/x', '['.repeat(10_000) + ']'.repeat(10_000), 'rejected', 'payload-too-deep'],
  [
    'objects in objects',
    'json/x',
    '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
    'rejected',
    'payload-too-deep',
  ],
  ['a text of 1 MiB', 'json/x', `{"t":"${'a'.repeat(MIB)}"}`, 'rejected', 'payload-too-large'],
  ['a text of almost 1 MiB', 'json/x', `{"t":"${'a'.repeat(MIB - 100)}"}`, 'rejected', 'value-not-number'],
  ['NaN', 'json/x', '{"t": NaN}', 'rejected', 'payload-not-json'],
  ['NaN as a text', 'json/x', '{"t": "NaN"}', 'rejected', /^value-not-(number|finite)$/],
  ['Infinity as a text', 'text/x', 'Infinity', 'rejected', /^value-not-(number|finite)$/],
  ['a number beyond doubles', 'json/x', '{"t": 1e999}', 'rejected', 'value-not-finite'],
  ['a number beyond doubles as a text', 'text/x', '-1e999', 'rejected', 'value-not-finite'],
  ['an object for a number', 'json/x', '{"t": {}}', 'rejected', 'value-not-number'],
  ['a member twice', 'json/twice', '{"t": 1, "t": 2}', 'stored'],
  ['__proto__', 'json/x', '{"__proto__": {"t": 5}}', 'filtered'],
  ['constructor', 'json/x', '{"constructor": {"prototype": {"t": 5}}}', 'filtered'],
  ['nothing', 'json/x', '', 'filtered'],
  ['null', 'json/x', 'null', 'filtered'],
  ['a scalar', 'json/x', '"t"', 'filtered'],
  ['a device with spaces', 'ids', '{"id": "pump  no 7", "t": 1}', 'stored'],
  ['a device with slashes', 'ids', '{"id": "a/b/../c", "t": 1}', 'stored'],
  ['a device of emoji', 'ids', '{"id": "🌡️+#%2F", "t": 1}', 'stored'],
  ['a device named __proto__', 'ids', '{"id": "__proto__", "t": 1}', 'stored'],
  ['a device with control characters', 'ids', '{"id": "a\\u0000b", "t": 1}', 'rejected', 'device-invalid'],
  ['a device of half a character', 'ids', '{"id": "\\ud83d", "t": 1}', 'rejected', 'device-invalid'],
  ['a device that is a dot', 'ids', '{"id": "..", "t": 1}', 'rejected', 'device-invalid'],
  ['a device that is too long', 'ids', `{"id": "${'x'.repeat(257)}", "t": 1}`, 'rejected', 'device-invalid'],
  ['no device', 'ids', '{"t": 1}', 'rejected', /^device-(missing|invalid)$/],
  ['a clock of 1970', 'json/clock', '{"t": 1, "at": "1970-01-01T00:00:07Z"}', 'stored'],
  ['a clock of 2150', 'json/clock', '{"t": 1, "at": "2150-01-01T00:00:00Z"}', 'stored'],
  ['recursion without end', 'wild/recursion/x', '{"t": 1}', 'rejected', LIMIT],
  ['a loop without end', 'wild/endless/x', '{"t": 1}', 'rejected', LIMIT],
  ['200 MB from an expression', 'wild/memory/x', '{"t": 1}', 'rejected', LIMIT],
  ['ten million texts from an expression', 'wild/list/x', '{"t": 1}', 'rejected', LIMIT],
  ['a regular expression that explodes', 'wild/regex/x', `{"text": "${'a'.repeat(40)}b"}`, 'rejected', LIMIT],
];

describe('payloads that nobody should send', () => {
  let service: ServiceProcess;
  let client: MqttTester;
  let neighbour: Publisher;

  beforeAll(async () => {
    service = await ServiceProcess.start();
    for (const schema of SCHEMAS) {
      const { status, text } = await service.rest().post('/api/schemas', schema);
      if (status !== 201) throw new Error(text);
    }
    client = await service.mqtt();
    neighbour = new Publisher({
      clientId: 'neighbour',
      window: 1,
      message: (n) => ({ topic: 'neighbour/n', payload: JSON.stringify({ t: n }) }),
    });
    await neighbour.connect(service.ports.mqtt);
  });

  afterAll(() => client.end());

  it.each(PAYLOADS.map((row) => ({ what: row[0], row })))('$what', async ({ row }) => {
    const [, topic, payload, state, code] = row;
    const before = (await service.rest().get('/api/messages/summary')).body.messages;
    // The neighbour's messages are stored meanwhile, however long this one takes.
    const target = neighbour.sent + 3;
    neighbour.start(target);
    await Promise.all([client.publish(topic, payload), neighbour.until(target)]);
    const after = (await service.rest().get('/api/messages/summary')).body.messages;
    const neighbours = state === 'stored' ? 4 : 3;
    expect(after.stored - before.stored).toBe(neighbours);
    if (state !== 'stored') expect(after[state] - before[state]).toBe(1);
    if (code === undefined) return;
    const { body } = await service.rest().get('/api/messages?limit=1');
    expect(body.items[0]).toMatchObject({ topic, state, code: expect.stringMatching(code) });
  });

  it('have left everything else right', async () => {
    const rest = service.rest();
    const numbers = await numbersByDatastream(rest);
    expect(numbers.get('twice/t')).toEqual([2]);
    expect(numbers.get('n/t')?.sort((a, b) => a - b)).toEqual(
      Array.from({ length: neighbour.sent }, (_, n) => n),
    );
    for (const id of ['pump  no 7', 'a/b/../c', '🌡️+#%2F', '__proto__']) {
      const device = await rest.get(`/api/devices/${encodeURIComponent(id)}`);
      expect([id, device.status, device.body.id]).toEqual([id, 200, expect.anything()]);
      expect(numbers.get(`${id}/t`)).toEqual([1]);
    }
    const clock = (await rest.get('/api/observations?device=clock')).body.member;
    expect(clock.map(({ quality }: { quality: string[] }) => quality)).toEqual([['clock'], ['clock']]);
    await closedLedger(rest);
    expect((await rest.get('/health')).body).toMatchObject({ status: 'ok' });
    const reader = await service.mqtt();
    await reader.subscribe('semantic/#');
    const topic = `semantic/Temperature/AirTemperature/${encodeURIComponent('a/b/../c')}/t`;
    await reader.next((message) => message.topic === topic);
    await reader.end();
    neighbour.end();
    await service.stop();
    expect(service.lines.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
