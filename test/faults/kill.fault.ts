import { ServiceProcess } from '../flow/support/child.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { faultsOf } from './support/stored.js';

/** Under load, at a random moment; while the service starts; when it listens and all resend; while it stops. */
const KILLS = { load: 20, start: 12, listening: 12, stop: 6 } as const;

type Kill = keyof typeof KILLS;

const random = (below: number) => Math.floor(Math.random() * below);

/** Fifty kills in a random order. */
function plan(): Kill[] {
  const kills = Object.entries(KILLS).flatMap(([kill, times]) => Array<Kill>(times).fill(kill as Kill));
  for (let i = kills.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [kills[i], kills[j]] = [kills[j]!, kills[i]!];
  }
  return kills;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('kill -9 at random, 50 times on one data folder', () => {
  it('stores every acknowledged message once, none by half, and starts by itself each time', async () => {
    const fleet = await Fleet.start([
      { id: 'arrival-1', topic: 'load/arrival-1' },
      { id: 'arrival-2', topic: 'load/arrival-2', qos: 2 },
      // Two clients of one device: their arrivals share its datastreams.
      { id: 'shared-1', topic: 'load/shared', offset: 1 },
      { id: 'shared-2', topic: 'load/shared', offset: 2, qos: 2 },
      { id: 'timed-1', topic: 'load/timed-1', timed: true },
      { id: 'timed-2', topic: 'load/timed-2', timed: true, qos: 2 },
      { id: 'single', topic: 'load/single', window: 1 },
      { id: 'wide', topic: 'load/wide', window: 200 },
    ]);
    let service = await ServiceProcess.start();
    const { directory } = service;
    expect((await service.rest().post('/api/schemas', FLEET_SCHEMA)).status).toBe(201);
    for (const [i, kill] of plan().entries()) {
      switch (kill) {
        case 'load':
          fleet.connect(service.ports.mqtt);
          await fleet.untilAcknowledged(fleet.acknowledged + 200 + random(1500));
          break;
        case 'start':
          await service.kill();
          fleet.away();
          service = await ServiceProcess.launch({}, directory);
          await pause(random(1500));
          break;
        case 'listening':
          fleet.connect(service.ports.mqtt);
          await pause(random(150));
          break;
        case 'stop':
          fleet.connect(service.ports.mqtt);
          await fleet.untilAcknowledged(fleet.acknowledged + random(200));
          service.child.kill('SIGTERM');
          await pause(random(40));
          break;
      }
      await service.kill();
      fleet.away();
      service = await ServiceProcess.start({}, directory);
      const complaints = service.lines.filter(({ level }) => level >= 40);
      expect([i, kill, complaints]).toEqual([i, kill, []]);
    }
    fleet.connect(service.ports.mqtt);
    await fleet.drain();
    expect(fleet.sent).toBeGreaterThan(KILLS.load * 200);
    expect(await faultsOf(fleet, service.rest())).toEqual([]);
    await service.stop();
    // And what is there after an orderly start is the same.
    const again = await service.again();
    expect(await faultsOf(fleet, again.rest())).toEqual([]);
    await again.stop();
  }, 600_000);
});
