import mqttPacket from 'mqtt-packet';
import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { holdStore } from './support/held-store.js';
import { numbersByDatastream } from './support/observations.js';
import { CLIMATE, ledger, register } from './support/plant.js';
import { connectPacket, publishPacket, Wire } from './support/wire.js';

const MiB = 1024 * 1024;
/** Sizes of what a sender writes at once: packets begin and end anywhere, and around what is read in turns. */
const FRAGMENTS = [1, 4099, 2, 1023, 13, 1025, 5, 16_411, 3, 1024, 61, 2047];

describe('the gate', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE);
  });

  afterAll(() => gateway.stop());

  const depth = () => gateway.service.gateway.broker.depth;
  const reading = (device: string, i: number, padding = 0) => ({
    topic: `plant/${device}/climate`,
    payload: { temperature: i % 50, padding: 'x'.repeat(padding) },
    id: i + 1,
  });
  const heldBy = (clientId: string) => holdStore(gateway, ({ resend }) => resend?.client === clientId);

  it('reads a client no further than its budget while the store is slow, and goes on after', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'eager' });
    const held = heldBy('eager');
    const before = await ledger(gateway);
    const count = 20_000;
    const chunk = 5000;
    for (let i = 0; i < count; i += chunk)
      wire.publish(...Array.from({ length: chunk }, (_, j) => reading('eager', i + j, 600)));
    await eventually(() => held.waiting >= 20);
    // Other clients go on meanwhile, and when they have been served twenty times the gate has read no more.
    const other = await gateway.mqtt();
    await other.subscribe('semantic/+/+/other/#', 1);
    for (let i = 0; i < 20; i++) await other.publish('plant/other/climate', { temperature: i });
    await other.until(({ length }) => length >= 20);
    // One read of a socket is at most 64 KiB.
    expect(held.waiting).toBeLessThan(1000 + (64 * 1024) / 600);
    expect(wire.socket.writableLength).toBeGreaterThan(MiB);
    expect(wire.ids('puback')).toEqual([]);
    held.release();
    await wire.next('puback', count);
    const ids = wire.ids('puback');
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    const after = await ledger(gateway);
    expect(after['received']! - before['received']!).toBe(count + 20);
    expect(depth()).toBe(0);
    await wire.cut();
  });

  it('counts bytes too', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'heavy' });
    const held = heldBy('heavy');
    const payload = Buffer.alloc(MiB, 'x');
    wire.publish(...Array.from({ length: 32 }, (_, i) => ({ topic: 'heavy/load', payload, id: i + 1 })));
    await eventually(() => held.waiting >= 7);
    const other = await gateway.mqtt();
    for (let i = 0; i < 10; i++) await other.publish('plant/other/climate', { temperature: i });
    expect(held.waiting).toBeLessThanOrEqual(9);
    held.release();
    await wire.next('puback', 32);
    await wire.cut();
  });

  it('bounds what many clients send together', async () => {
    const wires = await Promise.all(Array.from({ length: 60 }, () => Wire.signIn(gateway.mqttPort)));
    const held = holdStore(gateway);
    for (const [i, wire] of wires.entries())
      wire.publish(...Array.from({ length: 500 }, (_, j) => reading(`many-${i}`, j)));
    await eventually(() => held.waiting >= 1000);
    for (let i = 0; i < 10; i++) await gateway.rest().get('/health');
    // What the last of them had read when the budget was spent comes on top.
    expect(held.waiting).toBeLessThan(1000 + 1000);
    held.release();
    await Promise.all(wires.map((wire) => wire.next('puback', 500)));
    for (const wire of wires)
      expect(wire.ids('puback')).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    await Promise.all(wires.map((wire) => wire.cut()));
  });

  it('takes every byte once and in order while the budget is spent again and again', async () => {
    // So many that each has its share left when the budget of all is spent, and is read in turns.
    const count = 60;
    const names = Array.from({ length: 100 }, (_, i) => `burst-${i}`);
    const payloads = names.map((name, of) =>
      Array.from({ length: count }, (_, i) =>
        JSON.stringify({ temperature: i, name, padding: 'é€x'.repeat((i * 37 + of * 101) % 397) }),
      ),
    );
    const reader = await Wire.signIn(gateway.mqttPort);
    reader.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'plant/+/climate', qos: 0 }] });
    await reader.next('suback');
    const wires = await Promise.all(names.map((clientId) => Wire.signIn(gateway.mqttPort, { clientId })));
    const before = await ledger(gateway);

    let held = holdStore(gateway);
    const streams = names.map((name, of) =>
      Buffer.concat(
        payloads[of]!.map((payload, i) =>
          mqttPacket.generate(publishPacket({ topic: `plant/${name}/climate`, payload, id: i + 1 })),
        ),
      ),
    );
    const write = async () => {
      const at = streams.map(() => 0);
      for (let round = 0; streams.some(({ length }, of) => at[of]! < length); round++) {
        for (const [of, stream] of streams.entries()) {
          const size = FRAGMENTS[(round + of) % FRAGMENTS.length]!;
          wires[of]!.socket.write(stream.subarray(at[of], at[of]! + size));
          at[of]! += size;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const written = write();
    // The store takes what there is and stands still again, until all that is left fits the budget.
    for (let left = names.length * count; left >= 2000;) {
      await eventually(() => held.waiting >= 1000);
      left -= held.waiting;
      held.release();
      held = holdStore(gateway);
    }
    held.release();
    await written;
    await Promise.all(wires.map((wire) => wire.next('puback', count)));
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    for (const wire of wires) expect(wire.ids('puback')).toEqual(ids);
    // Raw messages are relayed as they came, in the order of each sender.
    await reader.next('publish', names.length * count);
    const relayed = reader.all('publish');
    for (const [of, name] of names.entries()) {
      const own = relayed.filter(({ topic }) => topic === `plant/${name}/climate`);
      expect(own.map(({ payload }) => payload.toString())).toEqual(payloads[of]);
    }
    for (const name of names) {
      const stored = await numbersByDatastream(gateway.rest(), `&order=asc&device=${name}`);
      expect([...stored]).toEqual([[`${name}/temperature`, ids.map((id) => id - 1)]]);
    }
    const after = await ledger(gateway);
    for (const state of ['received', 'stored'])
      expect(after[state]! - before[state]!).toBe(names.length * count);
    expect(depth()).toBe(0);
    await Promise.all([reader, ...wires].map((wire) => wire.cut()));
  });

  it('lets no client be told dead because its pings wait behind its messages', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'pinging', keepalive: 1 });
    const held = heldBy('pinging');
    // So many that the pings behind them are not read.
    const count = 500;
    wire.publish(...Array.from({ length: count }, (_, i) => reading('pinging', i)));
    await eventually(() => held.waiting === count);
    const pings = setInterval(() => wire.send({ cmd: 'pingreq' }), 400);
    // Longer than one and a half times the keepalive.
    await new Promise((resolve) => setTimeout(resolve, 2600));
    expect(wire.closed).toBe(false);
    expect(wire.count('pingresp')).toBe(0);
    held.release();
    await wire.next('puback', count);
    await wire.next('pingresp', 4);
    clearInterval(pings);
    // A client that is silent is told dead as ever.
    await wire.ended();
  });

  it('takes what is pipelined behind CONNECT in one write', async () => {
    const wire = await Wire.open(gateway.mqttPort);
    const count = 500;
    wire.send(
      connectPacket(),
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'pipe/#', qos: 0 }] },
      ...Array.from({ length: count }, (_, i) => publishPacket({ topic: `pipe/${i}`, id: i + 2 })),
      { cmd: 'pingreq' },
    );
    await wire.next('puback', count);
    await wire.next('publish', count);
    await wire.next('pingresp');
    expect(wire.packets[0]).toMatchObject({ cmd: 'connack', returnCode: 0 });
    expect(wire.ids('puback')).toEqual(Array.from({ length: count }, (_, i) => i + 2));
    await wire.cut();
  });

  it.each([
    { who: 'a stranger', bytes: 600 * 1024, signedIn: false },
    { who: 'a client', bytes: 9 * MiB, signedIn: true },
  ])('closes the connection of $who whose packet is too large', async ({ bytes, signedIn }) => {
    const wire = signedIn ? await Wire.signIn(gateway.mqttPort) : await Wire.open(gateway.mqttPort);
    if (signedIn) wire.publish({ topic: 'large', payload: Buffer.alloc(bytes), id: 1 });
    // A CONNECT of 622,592 bytes.
    else wire.socket.write(Buffer.concat([Buffer.from([0x10, 0x80, 0x80, 0x26]), Buffer.alloc(bytes, 'M')]));
    await wire.ended();
    expect(wire.ids('puback')).toEqual([]);
  });

  it('acknowledges nothing that a closing store did not commit, and keeps nothing', async () => {
    const { observations } = gateway.service.gateway;
    const submit = observations.submit.bind(observations);
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'unlucky' });
    observations.submit = (message, settled) =>
      message.resend?.client === 'unlucky' && message.resend.packetId === 2
        ? setImmediate(settled, undefined, new Error('the store closes'), message)
        : submit(message, settled);
    wire.publish(reading('unlucky', 0), reading('unlucky', 1), reading('unlucky', 2));
    await wire.ended();
    expect(wire.ids('puback')[0]).toBe(1);
    expect(wire.ids('puback')).not.toContain(2);
    observations.submit = submit;
    await eventually(() => depth() === 0);
  });
});
