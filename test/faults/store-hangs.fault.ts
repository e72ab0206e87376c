import { eventually } from '../flow/support/eventually.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { Saboteur } from './support/saboteur.js';
import { faultsOf } from './support/stored.js';

// Most of it is waiting: both wait at once.
it.concurrent.each(['hangs', 'spins'] as const)(
  'a writing thread that %s: nothing is acknowledged, /health says so, it is replaced, clients only see a pause',
  async (fate) => {
    const saboteur = await Saboteur.start();
    const { service } = saboteur;
    const rest = service.rest();
    expect((await rest.post('/api/schemas', FLEET_SCHEMA)).status).toBe(201);
    const fleet = await Fleet.start([
      { id: 'arrival-1', topic: 'load/arrival-1' },
      { id: 'arrival-2', topic: 'load/arrival-2', qos: 2 },
      { id: 'timed-1', topic: 'load/timed-1', timed: true },
    ]);
    fleet.connect(service.ports.mqtt);
    await fleet.untilAcknowledged(300);
    // One that pings each second, and says nothing else.
    const idle = await service.mqtt({ keepalive: 1 });
    await saboteur.fate('writer\\.worker', fate);
    // What was committed before that is acknowledged; then nothing is.
    let acknowledged = -1;
    await eventually(async () => {
      const before = acknowledged;
      acknowledged = fleet.acknowledged;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return before === acknowledged && fleet.acknowledged === acknowledged;
    });
    expect(fleet.states.every(({ connected, idle: done }) => connected && !done)).toBe(true);
    expect((await rest.get('/api/observations?limit=1')).status).toBe(200);

    await eventually(
      () => fleet.acknowledged > acknowledged + 300,
      () => 'acknowledgements, after the thread was replaced',
    );
    const told = service.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
    expect(told.length).toBeGreaterThan(0);
    for (const msg of told) expect(msg).toMatch(/thread that writes observations.*did not answer/);
    expect(idle.client.connected).toBe(true);
    await idle.end();
    await fleet.drain();
    const { status, body } = await rest.get('/health');
    expect([status, body.status, body.trouble]).toEqual([200, 'ok', []]);
    expect(await faultsOf(fleet, rest)).toEqual([]);
    await fleet.kill();
    await service.stop();
  },
  120_000,
);
