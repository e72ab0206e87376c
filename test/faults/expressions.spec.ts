import { jest } from '@jest/globals';
import { TestGateway } from '../flow/support/gateway.js';
import { ledger, letters, register } from '../flow/support/plant.js';

const PAUSE_MS = 5 * 60_000;

const schema = (id: string, value: string, more: object = {}) => ({
  id,
  topic: `${id}/{device}`,
  ...more,
  observations: { v: { property: 'AirTemperature', unit: '°C', value } },
});

const WITHOUT_END = '($f := function($x) { $f($x + 1) }; bad ? $f(v) : v)';

/** What goes wrong with a payload of `bad`, and the code that tells it. */
const FAULTY = [
  ['throws', 'bad ? $error("no such thing") : v', 'expression-failed'],
  ['loops', WITHOUT_END, 'expression-timeout'],
  ['allocates', '($g := function($s) { $g($s & $s) }; bad ? $g("longer ") : v)', 'expression-memory'],
  ['pads', 'bad ? $pad("x", 2e8) : v', 'expression-memory'],
  ['recurses', '($h := function($x) { 1 + $h($x) }; bad ? $h(v) : v)', /^expression-/],
] as const;

/** The worker evaluates it, and nothing is wrong with it. */
const NEIGHBOUR = schema('neighbour', '$reduce([v], function($a, $b) { $a + $b }) + 0');
const COMPILED = schema('compiled', 'v');

let gateway: TestGateway;
let told: { level: string; msg: string; schema?: string; reason?: string }[];

beforeAll(async () => {
  gateway = await TestGateway.start();
  await register(gateway, NEIGHBOUR, COMPILED);
  told = [];
  const { logger } = gateway.service.gateway;
  for (const level of ['warn', 'info'] as const)
    logger[level] = (fields: unknown, msg?: string) => {
      if (typeof fields === 'object') told.push({ ...(fields as object), level, msg: msg ?? '' });
    };
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => gateway.stop());

const values = async (device: string) => {
  const { body } = await gateway.rest().get(`/api/observations?device=${device}&limit=10000`);
  return (body.member as { hasResult: { numericValue: number } }[]).map(
    ({ hasResult }) => hasResult.numericValue,
  );
};

describe.each(FAULTY)('a schema whose expression %s', (id, value, code) => {
  it('has its messages rejected, and nobody else notices', async () => {
    await register(gateway, schema(id, value));
    const [faulty, other] = await Promise.all([gateway.mqtt(), gateway.mqtt()]);
    const before = await ledger(gateway);
    await Promise.all([
      ...[1, 2].map((v) => faulty.publish(`${id}/d-${id}`, { v, bad: true })),
      ...[1, 2, 3].map((v) => other.publish(`neighbour/n-${id}`, { v })),
      ...[1, 2, 3].map((v) => other.publish(`compiled/c-${id}`, { v })),
    ]);
    await faulty.publish(`${id}/d-${id}`, { v: 3 });
    const after = await ledger(gateway);
    expect([after['rejected']! - before['rejected']!, after['stored']! - before['stored']!]).toEqual([2, 7]);
    for (const letter of (await letters(gateway)).slice(0, 2))
      expect(letter).toMatchObject({ topic: `${id}/d-${id}`, code: expect.stringMatching(code) });
    expect(await values(`d-${id}`)).toEqual([3]);
    expect(await values(`n-${id}`)).toEqual([3, 2, 1]);
    expect(await values(`c-${id}`)).toEqual([3, 2, 1]);
  });
});

describe.each([
  ['in a value', (id: string) => schema(id, WITHOUT_END)],
  ['in match', (id: string) => schema(id, 'v', { match: WITHOUT_END.replace(': v)', ': true)') })],
])('a schema that runs into its time limit again and again, %s', (where, document) => {
  const id = where.replaceAll(' ', '-');
  const device = `device-${id}`;
  const shown = async () => (await gateway.rest().get(`/api/schemas/${id}`)).body;
  const about = () => told.filter((one) => one.schema === id);

  it('is suspended, says so, costs the others nothing, and is tried again after a while', async () => {
    await register(gateway, document(id));
    const client = await gateway.mqtt();
    const bad = (v: number) => client.publish(`${id}/${device}`, { v, bad: true });
    const newest = async () => (await letters(gateway, 'limit=1'))[0];
    for (let v = 1; v <= 5; v++) {
      expect((await shown()).suspended).toBeUndefined();
      await bad(v);
      expect(await newest()).toMatchObject({ code: 'expression-timeout' });
    }
    const { suspended } = await shown();
    expect(suspended).toEqual({
      since: expect.stringMatching(/^20.*Z$/),
      reason: expect.stringContaining('took longer than 100 ms'),
      retry: expect.any(String),
    });
    expect(Date.parse(suspended.retry) - Date.parse(suspended.since)).toBe(PAUSE_MS);
    expect((await gateway.rest().get('/api/schemas')).body.items).toContainEqual(
      expect.objectContaining({ id, suspended }),
    );
    expect(about()).toEqual([
      { schema: id, ...suspended, level: 'warn', msg: 'a schema is suspended: its messages are rejected' },
    ]);

    // Each would take its 100 ms; nothing is asked of the worker now.
    const { worker } = gateway.service.gateway.schemas.compiled(id)!.parts.environment;
    const evaluate = jest.spyOn(worker, 'evaluate');
    await Promise.all(Array.from({ length: 300 }, (_, v) => bad(v)));
    expect(evaluate).not.toHaveBeenCalled();
    expect(await newest()).toMatchObject({
      state: 'rejected',
      code: 'schema-suspended',
      message: `the schema ${id} is suspended since ${suspended.since}: ${suspended.reason}`,
      schema: `${id}/versions/1`,
    });
    // A good message is rejected as well; it can run again later.
    await client.publish(`${id}/${device}`, { v: 7 });
    const good = await newest();
    expect(good).toMatchObject({ code: 'schema-suspended' });

    // Five minutes later one is tried, and fails; ten minutes later the next, which does not.
    const now = performance.now.bind(performance);
    let shift = PAUSE_MS;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + shift);
    await bad(0);
    expect(await newest()).toMatchObject({ code: 'expression-timeout' });
    await bad(0);
    expect(await newest()).toMatchObject({ code: 'schema-suspended' });
    expect((await shown()).suspended.since).toBe(suspended.since);
    shift += 2 * PAUSE_MS;
    await client.publish(`${id}/${device}`, { v: 8 });
    expect(await values(device)).toEqual([8]);
    expect((await shown()).suspended).toBeUndefined();
    expect(about().at(-1)).toMatchObject({ level: 'info', msg: 'a suspended schema is in service again' });
    expect((await gateway.rest().post('/api/messages/replay', { ids: [good!['id']] })).body.items).toEqual([
      { id: good!['id'], before: 'rejected', state: 'stored' },
    ]);
  });

  it('is in service again with a new version', async () => {
    const client = await gateway.mqtt();
    for (let v = 1; v <= 5; v++) await client.publish(`${id}/${device}`, { v, bad: true });
    const before = await shown();
    expect(before.suspended).toBeDefined();
    // What is shown may be sent back; the same document changes nothing.
    expect((await gateway.rest().put(`/api/schemas/${id}`, before)).body).toEqual(before);
    const { status, body } = await gateway.rest().put(`/api/schemas/${id}`, schema(id, 'v'));
    expect([status, body.version, body.suspended]).toEqual([200, 2, undefined]);
    await client.publish(`${id}/${device}`, { v: 9, bad: true });
    expect((await values(device))[0]).toBe(9);
    expect((await gateway.rest().get(`/api/schemas/${id}/versions/1`)).body.suspended).toBeUndefined();
  });
});
