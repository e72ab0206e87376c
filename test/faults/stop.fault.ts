import { ServiceProcess } from '../flow/support/child.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { faultsOf } from './support/stored.js';

const LIMIT_MS = 5000;

it('SIGTERM under load, again and again: code 0 within 5 s, and everything acknowledged is stored once', async () => {
  let service = await ServiceProcess.start();
  expect((await service.rest().post('/api/schemas', FLEET_SCHEMA)).status).toBe(201);
  const fleet = await Fleet.start([
    { id: 'arrival-1', topic: 'load/arrival-1', window: 200 },
    { id: 'arrival-2', topic: 'load/arrival-2', qos: 2 },
    { id: 'timed-1', topic: 'load/timed-1', timed: true },
    { id: 'timed-2', topic: 'load/timed-2', timed: true, qos: 2 },
  ]);
  for (let time = 1; time <= 3; time++) {
    fleet.connect(service.ports.mqtt);
    await fleet.untilAcknowledged(fleet.acknowledged + 500);
    const before = performance.now();
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(LIMIT_MS);
    fleet.away();
    expect(service.lines.filter(({ level }) => level >= 40)).toEqual([]);
    service = await service.again();
  }
  fleet.connect(service.ports.mqtt);
  await fleet.drain();
  expect(await faultsOf(fleet, service.rest())).toEqual([]);
  await fleet.kill();
  await service.stop();
});
