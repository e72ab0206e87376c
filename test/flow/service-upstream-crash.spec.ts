import { ServiceProcess } from './support/child.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { Publisher } from './support/publisher.js';
import { mosquitto, PASSWORD, UpstreamBroker, USER } from './support/upstream.js';

const ROUND_MESSAGES = 300;

const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  time: '$exists(at) ? at : undefined',
  observations: { t: { property: 'AirTemperature', unit: '°C' } },
};

/** How often the service is killed beside each. */
const brokers: [string, number, (() => Promise<UpstreamBroker>) | undefined][] = [
  ['aedes', 1, () => UpstreamBroker.aedes()],
  ['Mosquitto', 2, mosquitto === undefined ? undefined : () => UpstreamBroker.mosquitto()],
];

describe.each(brokers)('kill -9 beside %s', (name, rounds, start) => {
  const test = start ? it : it.skip;

  test('acknowledges there what is stored here; what was not comes again, once', async () => {
    const broker = await start!();
    let service = await ServiceProcess.start({ GLOSSA_UPSTREAM: broker.url });
    const alone = { ...service.env, GLOSSA_UPSTREAM: '' };
    expect((await service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
    await subscribed(service);
    // aedes 1.2 sends again without DUP [MQTT-3.3.1-1]: there, the device's time tells that it is the same.
    const at = (n: number) => new Date(Date.UTC(2026, 0, 1) + n).toISOString();
    const sender = new Publisher({
      clientId: 'sender',
      username: USER,
      password: PASSWORD,
      message: (n) => ({
        topic: `load/d${n % 2}`,
        payload: JSON.stringify({ t: n, ...(name === 'aedes' && { at: at(n) }) }),
      }),
    });
    await sender.connect(broker.port);
    for (let round = 1; round <= rounds; round++) {
      // More than the service has taken when it is killed, and still there when it is back.
      sender.start(round * ROUND_MESSAGES * 3);
      await storedAtLeast(service, (round - 1) * ROUND_MESSAGES * 3 + ROUND_MESSAGES);
      await service.kill('SIGKILL');
      if (name === 'aedes') {
        const acknowledged = broker.events.filter(({ event }) => event === 'ack');
        const dark = await service.again(alone);
        const kept = (await stored(dark)).sort((a, b) => a - b);
        const values = acknowledged.map(({ payload }) => JSON.parse(payload!).t as number);
        expect(values.length).toBeGreaterThan(0);
        expect(values.filter((value) => !kept.includes(value))).toEqual([]);
        await dark.stop();
      }
      service = await service.again({ ...alone, GLOSSA_UPSTREAM: broker.url });
    }
    await sender.drain();
    sender.end();
    await storedAtLeast(service, sender.sent);
    const all = Array.from({ length: sender.sent }, (_, n) => n);
    expect((await stored(service)).sort((a, b) => a - b)).toEqual(all);
    const ledger = await closedLedger(service.rest());
    expect(ledger.stored).toBe(sender.sent);
    expect(ledger.received).toBe(ledger.stored! + ledger.duplicate!);
    await service.stop();
  });
});

async function stored(service: ServiceProcess): Promise<number[]> {
  return [...(await numbersByDatastream(service.rest())).values()].flat();
}

async function subscribed(service: ServiceProcess): Promise<void> {
  await service.log(({ msg }) => msg === 'upstream connected');
  await service.log(({ msg }) => msg === 'upstream subscriptions changed');
}

async function storedAtLeast(service: ServiceProcess, count: number): Promise<void> {
  const until = Date.now() + 20_000;
  while ((await closedLedger(service.rest())).stored! < count) {
    if (Date.now() > until) throw new Error(`not stored in time:\n${service.output}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
