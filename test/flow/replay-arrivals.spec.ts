import { TestGateway } from './support/gateway.js';
import { Wire } from './support/wire.js';

const TEXT = 'value-not-number';
/** What a device meant that writes a decimal comma. */
const MENDED = '$number($replace($string(%), ",", "."))';

describe('dead letters of values without a time of their own', () => {
  let gateway: TestGateway;

  beforeAll(async () => (gateway = await TestGateway.start()));
  afterAll(() => gateway.stop());

  const call = (method: 'post' | 'put', path: string, body: unknown) => gateway.rest()[method](path, body);

  /** Registers, publishes all in one write, mends the rules, and has the letters run again. */
  async function round(id: string, each: string | undefined, payloads: unknown[]) {
    const document = (value: (name: string) => unknown) => ({
      id,
      topic: `${id}/{device}`,
      ...(each && { each }),
      observations: {
        t: { property: 'AirTemperature', unit: '°C', value: value('t') },
        rh: { property: 'RelativeHumidity', unit: '%', value: value('rh') },
      },
    });
    expect(
      (
        await call(
          'post',
          '/api/schemas',
          document((name) => name),
        )
      ).status,
    ).toBe(201);
    const wire = await Wire.signIn(gateway.mqttPort);
    wire.publish(...payloads.map((payload, i) => ({ topic: `${id}/d-${id}`, payload, id: i + 1 })));
    await wire.next('puback', payloads.length);
    await wire.cut();
    const mended = document((name) => MENDED.replace('%', name));
    expect((await call('put', `/api/schemas/${id}`, mended)).status).toBe(200);
    const before = await stored(id);
    const { body } = await call('post', '/api/messages/replay', { code: TEXT });
    const after = await stored(id);
    return { before, replayed: body.replayed as number, after };
  }

  /** The values of each datastream by time, and how many of them the ledger counts. */
  async function stored(id: string) {
    const values = async (name: string) => {
      const { body } = await gateway.rest().get(`/api/observations?datastream=d-${id}/${name}&order=asc`);
      return body.member.map((one: { hasResult: { numericValue: number } }) => one.hasResult.numericValue);
    };
    const { body } = await gateway.rest().get('/api/messages/summary');
    return { t: await values('t'), rh: await values('rh'), ledger: body.values.stored as number };
  }

  it('leave what was stored as it is, in messages that came at once', async () => {
    const { before, replayed, after } = await round('pipelined', undefined, [
      { t: 20, rh: '48,5' },
      { t: 21, rh: '48,5' },
      { t: 22, rh: '49' },
    ]);
    expect(replayed).toBeGreaterThan(1);
    expect(after.t).toEqual([20, 21, 22]);
    expect(after.rh).toEqual([48.5, 48.5, 49]);
    expect(after.ledger - before.ledger).toBe(after.rh.length - before.rh.length);
  });

  it('leave what was stored as it is, in the items of one message', async () => {
    const { before, replayed, after } = await round('batched', 'readings', [
      { readings: [{ t: '20,5' }, { t: 21 }, { t: '21,5' }, { t: 22 }] },
      { readings: [{ t: 22 }, { t: '20,5' }] },
    ]);
    expect(replayed).toBe(2);
    expect(before.t).toEqual([21, 22, 22]);
    expect(after.t).toEqual([20.5, 21, 21.5, 22, 22, 20.5]);
    expect(after.ledger - before.ledger).toBe(3);
  });
});
