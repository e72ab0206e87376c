import { TestGateway } from './support/gateway.js';
import { holdJournal, slowJournal } from './support/held-journal.js';
import { holdStore } from './support/held-store.js';
import { account, CLIMATE, ledger, register, SLOW } from './support/plant.js';
import { eventually } from './support/eventually.js';
import { Wire } from './support/wire.js';

const TOPIC = 'plant/ack/climate';
const SEMANTIC = 'semantic/Temperature/AirTemperature/ack/temperature';

describe('an acknowledgement', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE, SLOW);
  });

  afterAll(() => gateway.stop());

  const count = async (device: string): Promise<number> => {
    const { body } = await gateway.rest().get(`/api/observations?device=${device}`);
    return body.member.length;
  };

  it.each([
    { qos: 1, first: 'puback' },
    { qos: 2, first: 'pubrec' },
  ] as const)('of QoS $qos comes after the commit, and the message after it', async ({ qos, first }) => {
    const device = `held-${qos}`;
    const topic = `plant/${device}/climate`;
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe([topic, 'semantic/#'], 2);
    const retained = subscriber.received.length;
    const wire = await Wire.signIn(gateway.mqttPort);
    const held = holdStore(gateway);
    wire.publish({ topic, payload: { temperature: 20 }, qos, id: 7 });
    await eventually(() => held.waiting === 1);
    await subscriber.publish('$SYS/nothing', '', { qos: 0 });
    expect(wire.ids(first)).toEqual([]);
    expect(subscriber.received).toHaveLength(retained);
    held.release();
    await wire.next(first);
    expect(await count(device)).toBe(1);
    await subscriber.until(({ length }) => length >= retained + 2);
    await wire.cut();
  });

  it('comes in the order of arrival, whatever becomes of the messages', async () => {
    const limited = await account(gateway, 'limited', {
      rules: [
        ['allow', 'publish', '#'],
        ['deny', 'publish', 'secret/#'],
      ],
    });
    const wire = await Wire.signIn(gateway.mqttPort, {
      username: limited.username,
      password: Buffer.from(limited.password),
    });
    const kinds = [
      { topic: TOPIC, payload: { temperature: 20 } },
      { topic: 'slow/one', payload: { t: 20 } },
      { topic: TOPIC, payload: 'no JSON' },
      { topic: 'secret/one', payload: 'x' },
      { topic: 'nobody/knows', payload: 'x' },
      { topic: TOPIC, payload: '' },
      { topic: 'slow/two', payload: 'no JSON' },
    ];
    const messages = Array.from({ length: 70 }, (_, i) => ({ ...kinds[(i * 3) % kinds.length]!, id: i + 1 }));
    const before = await ledger(gateway);
    wire.publish(...messages);
    await wire.next('puback', messages.length);
    expect(wire.ids('puback')).toEqual(messages.map(({ id }) => id));
    const after = await ledger(gateway);
    const states = ['received', 'stored', 'unmatched', 'rejected', 'filtered', 'refused'];
    expect(states.map((state) => after[state]! - before[state]!)).toEqual([70, 20, 10, 20, 10, 10]);
    await wire.cut();
  });

  it('of QoS 2 is given again for a message that comes again, which is told once', async () => {
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe([TOPIC, SEMANTIC], 2);
    const session = { clientId: 'assured', clean: false };
    let wire = await Wire.signIn(gateway.mqttPort, session);
    const message = { topic: TOPIC, payload: { temperature: 30 }, qos: 2, id: 9 } as const;
    const before = { stored: await count('ack'), received: subscriber.received.length };
    wire.publish(message);
    await wire.next('pubrec');
    wire.publish({ ...message, dup: true });
    await wire.next('pubrec', 2);
    await wire.cut();
    wire = await Wire.signIn(gateway.mqttPort, session);
    wire.publish({ ...message, dup: true });
    await wire.next('pubrec');
    wire.send({ cmd: 'pubrel', messageId: 9 });
    await wire.next('pubcomp');
    // The packet id is free: this is another message.
    wire.publish(message);
    await wire.next('pubrec', 2);
    wire.send({ cmd: 'pubrel', messageId: 9 });
    await wire.next('pubcomp', 2);
    expect(await count('ack')).toBe(before.stored + 2);
    await subscriber.until(({ length }) => length >= before.received + 4);
    await subscriber.publish('plant/marker', '', { qos: 2 });
    const live = subscriber.received.filter(({ retain }) => !retain).map(({ topic }) => topic);
    expect(live.sort()).toEqual([TOPIC, TOPIC, SEMANTIC, SEMANTIC]);
    await wire.cut();
  });

  it('of QoS 1 that is lost brings the message again: stored once, told again', async () => {
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe('semantic/Temperature/AirTemperature/resend/#', 1);
    const session = { clientId: 'resender', clean: false };
    const message = { topic: 'plant/resend/climate', payload: { temperature: 40 }, id: 3 };
    let wire = await Wire.signIn(gateway.mqttPort, session);
    wire.publish(message);
    await wire.next('puback');
    await wire.cut();
    wire = await Wire.signIn(gateway.mqttPort, session);
    wire.publish({ ...message, dup: true });
    await wire.next('puback');
    await subscriber.until(({ length }) => length >= 2);
    expect(subscriber.received[1]).toEqual(subscriber.received[0]);
    const late = await gateway.mqtt();
    await late.subscribe('semantic/Temperature/AirTemperature/resend/#', 1);
    await late.until(({ length }) => length >= 1);
    expect(late.received[0]).toEqual({ ...subscriber.received[0], retain: true });
    expect(await count('resend')).toBe(1);
    expect((await ledger(gateway))['duplicate']).toBeGreaterThan(0);
    // The same payload without DUP is another reading.
    wire.publish({ ...message, dup: false });
    await wire.next('puback', 2);
    await subscriber.until(({ length }) => length >= 3);
    expect(await count('resend')).toBe(2);
    await wire.cut();
  });

  it.each([
    ['by a message that is denied', 'denied'],
    ['since its client has no more to send', 'half-closed'],
  ] as const)('waits for what is kept, though the connection ends %s', async (_, how) => {
    const { username, password } = await account(gateway, how, {
      rules: [
        ['allow', 'publish', 'kept/#'],
        ['allow', 'subscribe', 'kept/#'],
      ],
      onDeny: 'disconnect',
    });
    const wire = await Wire.signIn(gateway.mqttPort, { username, password: Buffer.from(password) });
    wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'kept/#', qos: 0 }] });
    await wire.next('suback');
    const topic = `kept/${how}`;
    const journal = holdJournal((key) => key === `retained:${topic}`);
    const denied = how === 'denied' ? [{ topic: 'secret/one', id: 2 }] : [];
    wire.publish({ topic, payload: 'x', id: 1, retain: true }, ...denied);
    await eventually(() => journal.waiting === 1);
    if (how === 'half-closed') wire.socket.end();
    await gateway.rest().get('/health');
    await gateway.rest().get('/health');
    const early = wire.ids('puback');
    journal.release();
    expect(early).toEqual([]);
    await wire.ended();
    expect(wire.ids('puback')).toEqual(how === 'denied' ? [1] : []);
  });

  it('is not put off by what a client goes on sending, nor is the end of its connection', async () => {
    const { username, password } = await account(gateway, 'chatty', {
      rules: [['allow', 'publish', 'kept/#']],
      onDeny: 'disconnect',
    });
    const neighbour = await gateway.mqtt();
    const wire = await Wire.signIn(gateway.mqttPort, {
      username,
      password: Buffer.from(password),
      clientId: 'chatty',
      clean: false,
    });
    const fast = slowJournal(20);
    const done = new AbortController();
    // There is always something that is being written, and always something that is to be held back.
    const writing = [1, 2, 3, 4].map(async (of) => {
      for (let n = 0; !done.signal.aborted; n++)
        await neighbour.publish(`kept/neighbour/${of}`, String(n), { qos: 1, retain: true });
    });
    let journal: ReturnType<typeof holdJournal> | undefined;
    let said = 0;
    const chat = setInterval(() => {
      said++;
      wire.send({ cmd: 'pubrel', messageId: 77 });
    }, 2);
    try {
      wire.publish({ topic: 'kept/chatty', payload: 'x', id: 1, retain: true });
      await wire.next('puback');
      expect(said).toBeLessThan(1000);
      await wire.next('pubcomp', 50);
      journal = holdJournal((key) => key === 'retained:kept/chatty');
      wire.publish(
        { topic: 'kept/chatty', payload: 'y', id: 2, retain: true },
        { topic: 'secret/one', id: 3 },
      );
      await wire.ended();
      expect(wire.ids('puback')).toEqual([1]);
    } finally {
      journal?.release();
      clearInterval(chat);
      done.abort();
      await Promise.all(writing);
      fast();
    }
  });

  it.each([0, 1, 2] as const)('is not what a QoS %i message needs: its sender may have left', async (qos) => {
    const topic = `plant/left-${qos}/climate`;
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe([topic, `semantic/+/+/left-${qos}/#`], 2);
    const wire = await Wire.signIn(gateway.mqttPort);
    const held = holdStore(gateway);
    wire.publish({ topic, payload: { temperature: 1 }, qos, ...(qos && { id: 1 }) });
    wire.send({ cmd: 'disconnect' });
    await eventually(() => held.waiting === 1);
    await wire.ended();
    held.release();
    await subscriber.until(({ length }) => length >= 2);
    expect(await count(`left-${qos}`)).toBe(1);
  });

  it('of QoS 2 comes for as many as a client sends before it reads one', async () => {
    const wire = await Wire.signIn(gateway.mqttPort, { clientId: 'burst' });
    const count = 8000;
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    wire.publish(...ids.map((id) => ({ topic: 'plant/burst', payload: '', qos: 2 as const, id })));
    await wire.next('pubrec', count);
    expect(wire.ids('pubrec')).toEqual(ids);
    wire.send(...ids.map((messageId) => ({ cmd: 'pubrel' as const, messageId })));
    await wire.next('pubcomp', count);
    expect(wire.ids('pubcomp')).toEqual(ids);
    await wire.cut();
  });
});
