import type { AedesPublishPacket, PublishPacket } from 'aedes';
import { join } from 'node:path';
import { IDS, client, message, read, storeUnderTest } from '../../../../test/fixtures/session-stores.js';

const under = storeUnderTest();
const { open, reopen } = under;

/** Everything that a session holds for its client: what it gets again, then what waits. */
async function outgoing(id: string): Promise<string[]> {
  const sent = await read<PublishPacket>(under.store.outgoingStream(client(id)));
  const waiting: AedesPublishPacket[] = [];
  // Ids that are in no test: nothing else is taken for them.
  const next = () =>
    under.store.nextOutgoing(
      id,
      () => true,
      () => 60_000 + waiting.length,
    );
  for (let packet = next(); packet; packet = next()) waiting.push(packet);
  return [...sent, ...waiting].map(({ cmd, payload }) =>
    (cmd as string) === 'pubrel' ? 'pubrel' : payload.toString(),
  );
}

describe('subscriptions', () => {
  it.each(IDS)('of %s survive a restart', async (id) => {
    await under.store.addSubscriptions(client(id), [
      { topic: 'a/+', qos: 1 },
      { topic: 'a:b/#', qos: 2 },
      { topic: 'plain', qos: 0 },
    ]);
    await under.store.addSubscriptions(client(id), [{ topic: 'a/+', qos: 2 }]);
    await under.store.removeSubscriptions(client(id), ['plain', 'never']);
    await reopen();
    expect(await under.store.subscriptionsByClient(client(id))).toEqual([
      { topic: 'a/+', qos: 2 },
      { topic: 'a:b/#', qos: 2 },
    ]);
    expect(under.store.sessionsFor('a/x')).toEqual([{ clientId: id, topic: 'a/+', qos: 2 }]);
    expect(await under.store.countOffline()).toEqual({ subsCount: 2, clientsCount: 1 });
    expect(await read(under.store.getClientList('a/+'))).toEqual([id]);
  });

  it('of one session count once, with the highest QoS, and not at all with QoS 0', async () => {
    await under.store.addSubscriptions(client('one'), [
      { topic: 'a/#', qos: 1 },
      { topic: 'a/+', qos: 2 },
      { topic: '#', qos: 0 },
    ]);
    await under.store.addSubscriptions(client('other'), [{ topic: '#', qos: 1 }]);
    const found = under.store.sessionsFor('a/x').map(({ clientId, qos }) => `${clientId} ${qos}`);
    expect(found.sort()).toEqual(['one 2', 'other 1']);
    expect(await under.store.subscriptionsByTopic('b')).toEqual([{ clientId: 'other', topic: '#', qos: 1 }]);
    await under.store.addSubscriptions(client('other'), [{ topic: '#', qos: 0 }]);
    expect(under.store.sessionsFor('b')).toEqual([]);
  });

  it('are stored where they may be, and changes are told', async () => {
    const told: string[] = [];
    await reopen({ mayStore: (_, filter) => filter !== 'secret', onChange: () => told.push('changed') });
    await under.store.addSubscriptions(client('one'), [
      { topic: 'secret', qos: 1 },
      { topic: 'open', qos: 1 },
    ]);
    await reopen();
    expect(await under.store.subscriptionsByClient(client('one'))).toEqual([{ topic: 'open', qos: 1 }]);
    expect(told).toEqual(['changed']);
    expect(await under.store.subscriptionsByClient(client('nobody'))).toEqual([]);
  });

  it('end with a clean session, and the queue with them', async () => {
    await under.store.addSubscriptions(client('one'), [{ topic: 'a', qos: 1 }]);
    await under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message('a', 'x'));
    await under.store.cleanSubscriptions(client('one'));
    for (const when of ['now', 'later']) {
      if (when === 'later') await reopen();
      expect(await under.store.subscriptionsByClient(client('one'))).toEqual([]);
      expect(under.store.sessionsFor('a')).toEqual([]);
      expect(await outgoing('one')).toEqual([]);
    }
  });
});

describe('retained messages', () => {
  it('survive a restart; an empty one clears', async () => {
    for (const [topic, text] of [
      ['a', '1'],
      ['a', '2'],
      ['b:c', '3'],
      ['ü/🌡', '4'],
      ['gone', '5'],
      ['gone', ''],
    ] as const)
      await under.store.storeRetained(message(topic, text, { retain: true }));
    await reopen();
    const kept = [...under.store.retained].map(([topic, packet]) => [topic, packet.payload.toString()]);
    expect(kept.sort()).toEqual([
      ['a', '2'],
      ['b:c', '3'],
      ['ü/🌡', '4'],
    ]);
  });
});

describe('wills', () => {
  const will = {
    cmd: 'publish',
    topic: 'w',
    payload: Buffer.from('bye'),
    qos: 1,
    retain: false,
    dup: false,
  } as PublishPacket;

  it('wait for a broker that never came back, with their account', async () => {
    await reopen({ usernameOf: ({ id }) => (id === 'a:b' ? 'anna' : undefined) }, 'broker-1');
    await under.store.putWill(client('a:b'), will);
    await under.store.putWill(client('other'), will);
    expect(under.store.orphanedWills()).toEqual([]);
    await under.store.delWill(client('other'));
    expect(await under.store.delWill(client('nobody'))).toBeUndefined();
    await reopen();
    const kept = {
      topic: 'w',
      clientId: 'a:b',
      username: 'anna',
      brokerId: 'broker-1',
      payload: Buffer.from('bye'),
    };
    expect(under.store.orphanedWills()).toMatchObject([kept]);
    // aedes would publish them itself, without asking whether their account may
    expect(await read(under.store.streamWill())).toEqual([]);
    expect(await under.store.getWill(client('a:b'))).toMatchObject(kept);
    // Its client came back meanwhile, with a will of its own: the one of before is not its.
    await reopen({ isConnected: (id) => id === 'a:b' });
    await under.store.delWill({ id: 'a:b' });
    expect(await under.store.getWill(client('a:b'))).toMatchObject(kept);
    await under.store.delWill(client('a:b', { conn: {} }));
    expect(await under.store.getWill(client('a:b'))).toBeUndefined();
  });
});

describe('what aedes must not wait for', () => {
  it('is kept within the call: a turn of the event loop would cost the order', () => {
    const order: string[] = [];
    void under.store.storeRetained(message('a', '1')).then(() => order.push('retained'));
    void under.store.subscriptionsByTopic('a').then(() => order.push('subscriptions'));
    void under.store.outgoingEnqueueCombi([], message('a', '1')).then(() => order.push('queued'));
    void under.store.outgoingEnqueue({ clientId: 'one' }, message('a', '1')).then(() => order.push('one'));
    expect(order).toEqual(['retained', 'subscriptions', 'queued', 'one']);
  });
});

describe('a backup', () => {
  it('opens as the store it was, while that one goes on', async () => {
    await under.store.addSubscriptions(client('one'), [{ topic: 'a', qos: 1 }]);
    await under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message('a', 'x'));
    await under.store.storeRetained(message('r', 'y'));
    await under.store.backup(join(under.directory, 'copy'));
    await under.store.storeRetained(message('r', 'changed'));
    const copy = await open({}, 'copy');
    expect(copy.sessionsFor('a')).toHaveLength(1);
    expect(copy.retained.get('r')?.payload.toString()).toBe('y');
    expect(
      copy
        .nextOutgoing(
          'one',
          () => true,
          () => 1,
        )
        ?.payload.toString(),
    ).toBe('x');
    await copy.destroy();
    await under.store.flush();
    expect(under.store.trouble).toBeUndefined();
  });
});

describe('a disk that takes nothing', () => {
  it('is told, and memory goes on', async () => {
    await under.store.destroy();
    await under.store.storeRetained(message('r', 'y'));
    await under.store.flush();
    expect(under.store.trouble).toMatch(/^sessions cannot be written: /);
    expect(under.store.retained.get('r')?.payload.toString()).toBe('y');
    under.store = await open();
  });
});
