import { ServiceProcess } from '../../flow/support/child.js';
import { eventually } from '../../flow/support/eventually.js';
import type { MqttTester } from '../../flow/support/mqtt.js';
import { MEASURED, memoryOf, MIB, type Memory } from '../memory.js';
import { Guest } from './guest.js';

const ACCOUNTS = 20;
const ROUNDS = 3;
const FIGHTERS = 50;
const FIGHTS = 300;
const WAYS = ['fin', 'reset', 'silence'] as const;

/** Who a client signs in as: half with a password, half with a token. */
interface Account {
  readonly username: string;
  readonly secret: string;
}

/** The specs of crowds with so many clients. */
export function storms(clients: number): void {
  const numbers = Array.from({ length: clients }, (_, i) => i);

  describe(`${clients.toLocaleString('en')} clients`, () => {
    let service: ServiceProcess;
    let watcher: MqttTester;
    const accounts: Account[] = [];

    beforeAll(async () => {
      service = await ServiceProcess.start({
        ...MEASURED,
        GLOSSA_IGNORE_TOPICS: 'wills/#,news/#',
        GLOSSA_DURABILITY: 'os',
      });
      const rest = service.rest();
      const rule = (action: string, topic: string) => ({ effect: 'allow', action, topic });
      for (let i = 0; i < ACCOUNTS; i++) {
        const username = `crowd-${i}`;
        const password = `password-of-${username}`;
        const rules = [rule('publish', 'wills/#'), rule('subscribe', 'news/#')];
        expect((await rest.post('/api/accounts', { username, password, rules })).status).toBe(201);
        const token = (await rest.post(`/api/accounts/${username}/tokens`, {})).body.token as string;
        accounts.push({ username, secret: i % 2 === 0 ? password : token });
        expect((await rest.put(`/api/devices/${username}`, { account: username })).status).toBe(201);
      }
      watcher = await service.mqtt({ clientId: 'watcher' });
      await watcher.subscribe(['wills/#', 'glossa/devices/+/status'], 1);
    }, 300_000);

    const come = (i: number, options: object = {}) => {
      const { username, secret } = accounts[i % ACCOUNTS]!;
      return Guest.come(service.ports.mqtt, {
        clientId: `guest-${i}`,
        username,
        password: Buffer.from(secret),
        ...options,
      });
    };
    const everyone = async (options: (i: number) => object = () => ({})) => {
      const guests = await Promise.all(numbers.map((i) => come(i, options(i))));
      return guests.map((guest) => {
        if (!guest) throw new Error('closed before CONNACK');
        return guest;
      });
    };
    const health = async () => (await service.rest().get('/health')).body;
    /** Waits until the watcher alone is connected. */
    const quiet = () => eventually(async () => (await health()).mqtt.connections === 1);
    const statuses = () =>
      new Map(
        watcher.received
          .filter(({ topic }) => topic.endsWith('/status'))
          .map(({ topic, text }) => [topic, text]),
      );
    /** Every will so far; a second one of a client would be among them. */
    const wills = async () => {
      await watcher.publish('wills/end', 'end');
      await watcher.next(({ topic }) => topic === 'wills/end');
      return watcher.received
        .filter(({ topic }) => topic.startsWith('wills/') && topic !== 'wills/end')
        .map(({ topic, text }) => `${topic} ${text}`);
    };
    const count = (prefix: string) => watcher.received.filter(({ topic }) => topic.startsWith(prefix)).length;
    const expectBack = (before: Memory, after: Memory) => {
      expect(after.heapUsed - before.heapUsed).toBeLessThan(8 * MIB);
      expect(after.external - before.external).toBeLessThan(8 * MIB);
    };

    it(
      'connect and vanish: each will is published once, devices are offline, memory is back',
      async () => {
        let before: Memory | undefined;
        for (let round = 0; round <= ROUNDS; round++) {
          watcher.received.splice(0);
          const guests = await everyone((i) => ({
            keepalive: WAYS[i % 3] === 'silence' ? 1 : 0,
            ...(i % 2 === 0 && {
              will: { topic: `wills/${i}`, payload: Buffer.from(`${round}`), qos: 1, retain: false },
            }),
          }));
          await Promise.all(guests.map((guest, i) => guest.vanish(WAYS[i % 3]!)));
          await quiet();
          const expected = numbers.filter((i) => i % 2 === 0).map((i) => `wills/${i} ${round}`);
          await eventually(() => count('wills/') >= expected.length);
          expect((await wills()).sort()).toEqual(expected.sort());
          await eventually(() => [...statuses().values()].every((status) => status === 'offline'));
          expect(statuses().size).toBe(ACCOUNTS);
          const memory = await memoryOf(service);
          // The first round fills caches.
          before ??= memory;
          if (round === ROUNDS) expectBack(before, memory);
        }
      },
      5 * 60_000,
    );

    it(
      'reconnect all at once, again and again: sessions are there, messages come once, memory is back',
      async () => {
        await quiet();
        const before = await memoryOf(service);
        let guests = await everyone(() => ({ clean: false }));
        await Promise.all(
          guests.map((guest, i) =>
            guest.ask(
              { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `news/${i}`, qos: 1 }] },
              'suback',
            ),
          ),
        );
        const received: string[][] = numbers.map(() => []);
        for (let round = 0; round < ROUNDS; round++) {
          await Promise.all(guests.map((guest, i) => guest.vanish(i % 2 === 0 ? 'fin' : 'reset')));
          await quiet();
          await Promise.all(numbers.map((i) => watcher.publish(`news/${i}`, `${round}`)));
          guests = await everyone(() => ({ clean: false }));
          expect(guests.filter(({ sessionPresent }) => !sessionPresent)).toHaveLength(0);
          await eventually(() => guests.every((guest) => guest.received.length > 0));
          // What was sent before the answer is here as well.
          await Promise.all(guests.map((guest) => guest.ask({ cmd: 'pingreq' }, 'pingresp')));
          guests.forEach((guest, i) => received[i]!.push(...guest.received));
        }
        const rounds = Array.from({ length: ROUNDS }, (_, round) => String(round));
        expect(received.filter((texts) => texts.join() !== rounds.join())).toEqual([]);
        await Promise.all(guests.map((guest) => guest.vanish('fin')));
        await quiet();
        // A clean session ends the one that was kept.
        await Promise.all((await everyone()).map((guest) => guest.vanish('fin')));
        await quiet();
        expectBack(before, await memoryOf(service));
      },
      5 * 60_000,
    );

    it(
      `${FIGHTERS} connections fight for one client id: one is left, the will of each other is published once`,
      async () => {
        watcher.received.splice(0);
        const accepted = new Set<string>();
        const open = new Map<Guest, string>();
        let attempts = 0;
        let coming = 0;
        const fight = async (clean: boolean): Promise<void> => {
          while (attempts < FIGHTS) {
            const name = `${++attempts}`;
            const will = { topic: 'wills/fight', payload: Buffer.from(name), qos: 1, retain: false };
            coming++;
            const guest = await come(0, { clientId: 'throne', clean, will });
            coming--;
            if (!guest) continue;
            accepted.add(name);
            open.set(guest, name);
            await guest.closed;
            open.delete(guest);
          }
        };
        const fighters = Promise.all(Array.from({ length: FIGHTERS }, (_, i) => fight(i % 2 === 0)));
        await eventually(() => attempts >= FIGHTS && coming === 0 && open.size <= 1);
        const [[winner, name] = []] = [...open];
        if (!winner || name === undefined) throw new Error('nobody is left');
        // It is the one that the broker knows.
        expect(await winner.ask({ cmd: 'pingreq' }, 'pingresp')).toBeDefined();
        expect((await health()).mqtt.connections).toBe(2);
        accepted.delete(name);
        await winner.leave();
        await fighters;
        await quiet();
        await eventually(() => count('wills/fight') >= accepted.size);
        const told = (await wills()).map((will) => will.replace('wills/fight ', ''));
        // Nobody's twice, and that of the winner, who said DISCONNECT, not at all.
        expect(new Set(told).size).toBe(told.length);
        expect(told).not.toContain(name);
        expect([...accepted].filter((one) => !told.includes(one))).toEqual([]);
        await eventually(() => statuses().get('glossa/devices/crowd-0/status') === 'offline');
        expect(await health()).toMatchObject({ status: 'ok' });
        await (await come(0, { clientId: 'throne' }))!.leave();
        await watcher.end();
        await service.stop();
      },
      5 * 60_000,
    );
  });
}
