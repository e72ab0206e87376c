import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { ServiceProcess, temporaryFolder } from './support/child.js';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { eventually } from './support/eventually.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { TestProcess } from './support/process.js';
import { Publisher } from './support/publisher.js';

const schemaOf = (title: string) => ({
  id: 'load',
  title,
  topic: 'load/{device}',
  observations: { a: { property: 'AirTemperature', unit: '°C' } },
});

function sender(device: string): Publisher {
  return new Publisher({
    clientId: device,
    message: (n) => ({ topic: `load/${device}`, payload: JSON.stringify({ a: n }) }),
  });
}

async function unpack(archive: string): Promise<string> {
  const folder = await temporaryFolder();
  await extract({ file: archive, cwd: folder });
  return folder;
}

/** Starts the copy as a gateway of its own and checks that it is whole. */
async function check(archive: string, acknowledged: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const folder = await unpack(archive);
  const service = await ServiceProcess.start({ GLOSSA_ADMIN_TOKEN: '' }, folder);
  // The token is in the copy.
  const rest = service.rest(ADMIN_TOKEN);
  const stored = await numbersByDatastream(rest);
  for (const [datastream, values] of acknowledged) {
    const there = new Set(stored.get(datastream));
    expect(values.filter((value) => !there.has(value))).toEqual([]);
  }
  const count = [...stored.values()].reduce((sum, values) => sum + values.length, 0);
  expect((await closedLedger(rest)).stored).toBe(count);
  // Everything that an observation names is in the copy, too.
  const { body } = await rest.get('/api/observations/latest');
  const named = new Set<string>();
  for (const { schema, madeBySensor } of body.member) named.add(schema).add(madeBySensor);
  expect(named.size).toBeGreaterThan(2);
  for (const iri of named)
    expect([iri, (await rest.get(iri.replace('http://glossa.test', ''))).status]).toEqual([iri, 200]);
  await service.stop();
}

describe('a backup under load', () => {
  it('is a gateway of its own, by REST and by the command line', async () => {
    const data = await temporaryFolder();
    // What a kill left of an earlier one goes with the start.
    await mkdir(join(data, 'backup-under-way', 'half'), { recursive: true });
    const service = await ServiceProcess.start({}, data);
    expect(await readdir(join(data, 'backup-under-way'))).toEqual([]);
    const rest = service.rest();
    await rest.post('/api/schemas', schemaOf('0'));
    const publishers = [sender('p1'), sender('p2')];
    for (const publisher of publishers) {
      await publisher.connect(service.ports.mqtt);
      publisher.start();
    }
    // A session that keeps everything: its journal is written without pause.
    const away = await service.mqtt({ clientId: 'away', clean: false });
    await away.subscribe('semantic/#');
    await away.end();
    const registering = new AbortController();
    const registered = (async () => {
      for (let n = 1; !registering.signal.aborted; n++)
        await rest.put('/api/schemas/load', schemaOf(String(n)));
    })();
    await publishers[0]!.until(500);

    const acknowledged = () =>
      new Map(publishers.map((publisher, i) => [`p${i + 1}/a`, [...publisher.acknowledged]] as const));
    const folder = await temporaryFolder();
    const [byRest, byCommand] = [join(folder, 'rest.tar.gz'), join(folder, 'command.tar.gz')];
    const beforeRest = acknowledged();
    const answer = await fetch(`${service.url}/api/backup`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    expect(answer.status).toBeLessThan(300);
    await writeFile(byRest, Buffer.from(await answer.arrayBuffer()));
    const beforeCommand = acknowledged();
    const command = TestProcess.node('scripts/backup.mjs', [byCommand], {
      GLOSSA_HTTP_PORT: String(service.ports.http),
      GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
    });
    expect({ exit: await command.ended, said: command.stderr }).toMatchObject({
      exit: { code: 0 },
      said: '',
    });
    registering.abort();
    await registered;
    for (const publisher of publishers) await publisher.drain();
    for (const publisher of publishers) publisher.end();
    // Nothing of it stays behind, soon after the last byte.
    await eventually(async () => (await readdir(join(service.directory, 'backup-under-way'))).length === 0);
    await service.stop();
    await check(byRest, beforeRest);
    await check(byCommand, beforeCommand);
  });
});

describe('deletion', () => {
  it('of a datastream and a span of time frees what it took', async () => {
    const service = await ServiceProcess.start();
    await service.rest().post('/api/schemas', { ...schemaOf('Many'), each: 'values', time: 't' });
    const start = Date.UTC(2026, 0, 1);
    const fill = async (from: number) => {
      const mqtt = await service.mqtt();
      for (let m = 0; m < 10; m++) {
        const values = Array.from({ length: 1000 }, (_, i) => {
          const n = from + m * 1000 + i;
          return { a: n, t: new Date(start + n * 1000).toISOString() };
        });
        await mqtt.publish(`load/${m % 2 === 0 ? 'even' : 'odd'}`, { values });
      }
      await mqtt.end();
    };
    await fill(0);
    const rest = service.rest();
    const to = new Date(start + 10_000_000).toISOString();
    const cut = await rest.delete(`/api/observations?datastream=even/a&from=${to}`);
    expect([cut.status, cut.body]).toEqual([200, { deleted: 0 }]);
    const half = new Date(start + 5_000_000).toISOString();
    expect((await rest.delete(`/api/observations?datastream=even/a&to=${half}`)).body.deleted).toBe(3000);
    const left = await numbersByDatastream(rest);
    expect([left.get('even/a')?.length, Math.min(...left.get('even/a')!)]).toEqual([2000, 6000]);
    expect(left.get('odd/a')).toHaveLength(5000);
    await rest.delete('/api/observations?datastream=even/a');
    await rest.delete('/api/observations?datastream=odd/a');
    expect(await numbersByDatastream(rest)).toEqual(new Map());
    const size = async () => (await stat(join(service.directory, 'observations.db'))).size;
    await service.stop();
    const before = await size();
    const again = await service.again();
    const mqtt = await again.mqtt();
    await mqtt.publish('load/even', { values: [{ a: 1, t: to }] });
    await mqtt.end();
    expect(await closedLedger(again.rest())).toMatchObject({ received: 11, stored: 11 });
    await again.stop();
    expect(await size()).toBe(before);
  });
});
