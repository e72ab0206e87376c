import { eventually } from '../flow/support/eventually.js';
import { Fleet, FLEET_SCHEMA } from './support/fleet.js';
import { Saboteur, type Fate } from './support/saboteur.js';
import { faultsOf } from './support/stored.js';

const WRITER = 'writer\\.worker';
const MERGER = 'merger\\.worker';
const READER = 'reader\\.worker';

const publishers = [
  { id: 'arrival-1', topic: 'load/arrival-1' },
  { id: 'arrival-2', topic: 'load/arrival-2', qos: 2 },
  { id: 'timed-1', topic: 'load/timed-1', timed: true },
] as const;

let saboteur: Saboteur;
let fleet: Fleet;

beforeEach(async () => {
  saboteur = await Saboteur.start();
  const { service } = saboteur;
  expect((await service.rest().post('/api/schemas', FLEET_SCHEMA)).status).toBe(201);
  fleet = await Fleet.start(publishers);
  fleet.connect(service.ports.mqtt);
  await fleet.untilAcknowledged(500);
});

async function allIsWell(): Promise<void> {
  const { service } = saboteur;
  await fleet.drain();
  const { status, body } = await service.rest().get('/health');
  expect([status, body.status, body.trouble]).toEqual([200, 'ok', []]);
  expect(await faultsOf(fleet, service.rest())).toEqual([]);
  await fleet.kill();
  await service.stop();
}

/** What clients see: a pause, and no end of a connection. */
async function connected(act: () => Promise<void>): Promise<void> {
  const { service } = saboteur;
  const client = await service.mqtt({ reconnectPeriod: 0 });
  await act();
  await client.publish('load/bystander', 'no JSON');
  expect(client.client.connected).toBe(true);
  await client.end();
}

describe("the store's writing thread", () => {
  it.each(['throws', 'ends'] as const)(
    '%s under load: it is started again, and clients only see a pause',
    async (fate) => {
      await connected(async () => {
        for (let time = 1; time <= 5; time++) {
          await saboteur.fate(WRITER, fate);
          await fleet.untilAcknowledged(fleet.acknowledged + 300);
        }
      });
      const told = saboteur.service.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
      expect(told).toHaveLength(5);
      for (const msg of told)
        expect(msg).toMatch(/The thread that writes observations ended \(.*being started again/);
      await allIsWell();
    },
  );

  it('cannot be started for a while: nothing is acknowledged, and /health says why', async () => {
    await connected(async () => {
      saboteur.doom(WRITER);
      await saboteur.fate(WRITER, 'ends');
      await saboteur.doomed(2);
      const { status, body } = await saboteur.service.rest().get('/health');
      expect([status, body.status, body.storing]).toEqual([503, 'degraded', false]);
      expect(body.trouble.join()).toMatch(/thread that writes observations ended/);
      expect(body.mqtt.held).toBeGreaterThan(0);
      // What was committed before may be on its way still; then nothing comes, however often it is started.
      let acknowledged = -1;
      for (let times = 4; acknowledged !== fleet.acknowledged; times++) {
        acknowledged = fleet.acknowledged;
        await saboteur.doomed(times);
      }
      // What is stored can be read meanwhile.
      expect((await saboteur.service.rest().get('/api/observations?limit=1')).status).toBe(200);
      saboteur.doom(undefined);
      await fleet.untilAcknowledged(acknowledged + 500);
    });
    await allIsWell();
  });
});

describe("the store's merging thread", () => {
  it.each(['throws', 'ends'] as const)(
    '%s under load: ingest goes on, and what it had begun is stored once',
    async (fate) => {
      for (let time = 1; time <= 3; time++) {
        await saboteur.fate(MERGER, fate);
        await fleet.untilAcknowledged(fleet.acknowledged + 1000);
        // It is there again: what is done to nobody fails no one.
        await eventually(async () => {
          const { status, body } = await saboteur.service.rest().get('/health');
          expect([status, body.storing]).toEqual([200, true]);
          return body.warnings.length === 0;
        });
      }
      const told = saboteur.service.lines.filter(({ level }) => level >= 40).map(({ msg }) => msg);
      expect(told).toHaveLength(3);
      for (const msg of told)
        expect(msg).toMatch(/The thread that merges observations ended \(.*being started again/);
      await allIsWell();
    },
  );
});

describe("the store's reading threads", () => {
  it.each(['throws', 'ends'] as const satisfies Fate[])(
    '%s: queries go on, and ingest does not notice',
    async (fate) => {
      const rest = saboteur.service.rest();
      for (let time = 1; time <= 3; time++) {
        await saboteur.fate(READER, fate);
        await fleet.untilAcknowledged(fleet.acknowledged + 200);
        const { status, text } = await rest.get('/api/observations?limit=10');
        expect([status, status === 200 || text]).toEqual([200, true]);
      }
      await allIsWell();
    },
  );
});
