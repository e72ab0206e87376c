import { once } from 'node:events';
import { Wire } from '../flow/support/wire.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { Saboteur } from './support/saboteur.js';
import { faultsOf, rows } from './support/stored.js';

const HOUR_MS = 3_600_000;

it('the wall clock jumps an hour back and forth: order and ids stay right, and nobody is disconnected', async () => {
  const saboteur = await Saboteur.start();
  const { service } = saboteur;
  const rest = service.rest();
  expect((await rest.post('/api/schemas', FLEET_SCHEMA)).status).toBe(201);
  const fleet = await Fleet.start([
    { id: 'arrival-1', topic: 'load/arrival-1' },
    { id: 'arrival-2', topic: 'load/arrival-2', qos: 2 },
    // The same reading again and again: two of one time would be one.
    { id: 'constant', topic: 'load/constant', constant: true, offset: 7 },
    { id: 'timed-1', topic: 'load/timed-1', timed: true },
  ]);
  const again = await Fleet.start([
    { id: 'again-1', topic: 'load/arrival-1', offset: 1 },
    { id: 'again-2', topic: 'load/arrival-2', offset: 1, qos: 2 },
  ]);
  const subscriber = await service.mqtt({ clientId: 'subscriber', clean: false, keepalive: 30 });
  await subscriber.subscribe('semantic/+/+/arrival-1/a/#', 1);
  const connections: string[] = [];
  subscriber.client.on('close', () => connections.push('the subscriber lost its connection'));
  // One that promised to be heard of each second, and is silent.
  const silent = await Wire.signIn(service.ports.mqtt, { keepalive: 1, clientId: 'silent' });
  fleet.connect(service.ports.mqtt);

  /** How long each setting of the clock lasts, in messages. */
  const some = () => fleet.untilAcknowledged(fleet.acknowledged + 1500);
  await some();
  const ahead = Date.now();
  await saboteur.clock(HOUR_MS);
  await some();
  await saboteur.clock(0);
  await some();
  await saboteur.clock(-HOUR_MS);
  await some();
  // The hour ahead once more, the same moments of it, without the readings that are always the same.
  await saboteur.clock(0);
  await fleet.drain();
  await saboteur.clock(HOUR_MS - (Date.now() - ahead));
  again.connect(service.ports.mqtt);
  await again.untilAcknowledged(1500);
  await saboteur.clock(0);
  await again.drain();

  if (!silent.closed) await once(silent.socket, 'close');
  expect(await faultsOf([fleet, again], rest)).toEqual([]);
  expect((await rest.get('/api/messages/summary')).body.messages.duplicate).toBe(0);

  // An arrival has the time of its arrival: the moment that it was received, as the clock was then.
  const offs = { behind: 0, now: 0, ahead: 0 };
  const lags: string[] = [];
  for await (const { device, time, resultTime } of rows(rest)) {
    if (device === 'timed-1') continue;
    const off = Date.parse(time) - Date.now();
    offs[off > HOUR_MS / 2 ? 'ahead' : off < -HOUR_MS / 2 ? 'behind' : 'now']++;
    if (Math.abs(Date.parse(resultTime) - Date.parse(time)) > 1000)
      lags.push(`${time} was received ${resultTime}`);
  }
  expect(lags).toEqual([]);
  for (const count of Object.values(offs)) expect(count).toBeGreaterThan(1000);

  const wanted = [fleet, again].flatMap(({ states }, offset) =>
    Array.from({ length: states[0]!.sent }, (_, n) => n * 16 + offset),
  );
  await subscriber.until(({ length }) => length >= wanted.length);
  const seen = subscriber.received.map(({ text }) => JSON.parse(text).hasResult.numericValue as number);
  expect(seen).toEqual(wanted);
  expect(connections).toEqual([]);
  await subscriber.end();
  expect(service.lines.filter(({ level }) => level >= 40)).toEqual([]);
  await Promise.all([fleet.kill(), again.kill()]);
  await service.stop();
});
