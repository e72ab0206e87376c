import { ServiceProcess } from './support/child.js';
import { closedLedger } from './support/observations.js';
import type { Rest } from './support/rest.js';

/** What users can read of everything that is kept. */
const READABLE = [
  '/api/schemas',
  '/api/schemas/climate',
  '/api/schemas/climate/versions/1',
  '/api/schemas/climate/versions/2',
  '/api/schemas/retired/versions/1',
  '/api/devices',
  '/api/devices/registered',
  '/api/features',
  '/api/features/home/kitchen',
  '/api/accounts',
  '/api/accounts/ada/tokens',
  '/api/properties/GrainMoisture',
  '/api/datastreams',
  '/api/observations',
  '/api/observations/latest',
  '/api/observations?property=GrainMoisture',
  '/api/messages/summary',
  '/api/messages',
  '/api/messages?values=rejected',
];

const climate = (title: string) => ({
  id: 'climate',
  title,
  topic: 'climate/{device}',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    grain: { property: 'GrainMoisture', unit: '%' },
  },
});

async function fill(service: ServiceProcess): Promise<{ token: string }> {
  const rest = service.rest();
  const done = async (answer: Promise<{ status: number; text: string; body: unknown }>) => {
    const { status, text, body } = await answer;
    if (status >= 300) throw new Error(text);
    return body as { token: string };
  };
  await done(
    rest.put('/api/properties/GrainMoisture', {
      label: 'Moisture of grain',
      kind: 'VolumeFraction',
      unit: '%',
    }),
  );
  await done(rest.post('/api/schemas', climate('First')));
  await done(rest.put('/api/schemas/climate', climate('Second')));
  await done(rest.post('/api/schemas', { ...climate('Third'), id: 'retired', topic: 'retired/{device}' }));
  await done(rest.delete('/api/schemas/retired'));
  await done(rest.put('/api/features/home/kitchen', { title: 'The kitchen' }));
  await done(
    rest.put('/api/devices/registered', { title: 'By hand', schemas: ['climate'], feature: 'home/kitchen' }),
  );
  const rules = [{ effect: 'allow', action: 'publish', topic: 'climate/#' }];
  await done(
    rest.post('/api/accounts', { username: 'ada', password: 'a long word', roles: ['consumer'], rules }),
  );
  const { token } = await done(rest.post('/api/accounts/ada/tokens', {}));
  const mqtt = await service.mqtt({ username: 'ada', password: token });
  await mqtt.publish('climate/registered', { temperature: 21.5, grain: 12 });
  await mqtt.publish('climate/by message', { temperature: 20, grain: 'wet' });
  await mqtt.publish('climate/by message', 'no JSON');
  await mqtt.publish('elsewhere', { refused: true });
  await mqtt.end();
  const admin = await service.mqtt();
  await admin.publish('nobody/knows', 'this');
  await admin.end();
  return { token };
}

async function readAll(rest: Rest): Promise<Record<string, unknown>> {
  const answers = await Promise.all(READABLE.map((path) => rest.get(path)));
  return Object.fromEntries(answers.map(({ status, body }, i) => [READABLE[i]!, { status, body }]));
}

describe('a restart', () => {
  it('keeps everything that users can read, after a stop and after a kill', async () => {
    const service = await ServiceProcess.start();
    const { token } = await fill(service);
    const before = await readAll(service.rest());
    for (const [path, { status }] of Object.entries(before) as [string, { status: number }][])
      expect([path, status]).toEqual([path, 200]);
    expect(await closedLedger(service.rest())).toMatchObject({
      received: 5,
      stored: 2,
      rejected: 1,
      refused: 1,
      unmatched: 1,
    });
    await service.stop();
    const second = await service.again();
    expect(await readAll(second.rest())).toEqual(before);
    await second.kill('SIGKILL');
    const third = await second.again();
    expect(await readAll(third.rest())).toEqual(before);

    // And it goes on from there.
    for (const secret of ['a long word', token])
      await (await third.mqtt({ username: 'ada', password: secret })).end();
    expect((await third.rest(token).get('/api/observations/latest')).body.member).toHaveLength(3);
    expect((await third.rest().put('/api/schemas/climate', climate('Fourth'))).body.version).toBe(3);
    const reader = await third.mqtt({ username: 'ada', password: token });
    await reader.subscribe('semantic/Temperature/#');
    await reader.publish('climate/registered', { temperature: 22 });
    const live = await reader.next(({ retain, text }) => !retain && text.includes('/registered'));
    expect(JSON.parse(live.text)).toMatchObject({
      hasFeatureOfInterest: 'http://glossa.test/api/features/home/kitchen',
      schema: 'http://glossa.test/api/schemas/climate/versions/3',
    });
    const retained = reader.received.filter((message) => message.retain);
    expect(retained.map(({ text }) => JSON.parse(text).hasResult.numericValue).sort()).toEqual([20, 21.5]);
    await reader.end();
    await third.stop();
  });
});
