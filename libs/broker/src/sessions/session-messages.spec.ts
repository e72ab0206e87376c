import type { AedesPublishPacket, Client, PublishPacket } from 'aedes';
import { IDS, client, message, read, storeUnderTest } from '../../../../test/fixtures/session-stores.js';

const under = storeUnderTest();
const { reopen } = under;

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

describe('queued messages', () => {
  it.each(IDS)('of %s survive a restart, in order', async (id) => {
    for (let i = 0; i < 30; i++)
      await under.store.outgoingEnqueue({ clientId: id, qos: 2 }, message('a', `${i}`, { qos: 2 }));
    await reopen();
    // a broker's id begins with its time
    await under.store.outgoingEnqueue(
      { clientId: id, qos: 2 },
      message('a', 'later', { brokerId: 'broker-2' }),
    );
    await reopen();
    expect(await outgoing(id)).toEqual([...Array.from({ length: 30 }, (_, i) => String(i)), 'later']);
  });

  it('have the lower QoS of message and subscription, and nothing of the publisher', async () => {
    const packet = message('a', 'x', { qos: 2, retain: true, dup: true, messageId: 77 });
    await under.store.outgoingEnqueueCombi(
      [
        { clientId: 'one', qos: 1 },
        { clientId: 'two', qos: 2 },
      ],
      packet,
    );
    const next = (id: string) =>
      under.store.nextOutgoing(
        id,
        () => true,
        () => 5,
      );
    expect(next('one')).toMatchObject({ qos: 1, dup: false, messageId: 5 });
    expect(next('two')).toMatchObject({ qos: 2, dup: false, messageId: 5 });
    expect(next('one')).toBeUndefined();
    expect(next('nobody')).toBeUndefined();
  });

  it('are sent as far as they may be received, and kept until they are acknowledged', async () => {
    for (const [topic, text] of [
      ['open', '1'],
      ['secret', '2'],
      ['open', '3'],
    ] as const)
      await under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message(topic, text));
    let id = 6;
    const next = () =>
      under.store
        .nextOutgoing(
          'one',
          (topic) => topic !== 'secret',
          () => ++id,
        )
        ?.payload.toString();
    expect([next(), next(), next()]).toEqual(['1', '3', undefined]);
    expect([
      under.store.isInFlight('one', 7),
      under.store.isInFlight('one', 8),
      under.store.isInFlight('one', 9),
    ]).toEqual([true, true, false]);
    await reopen();
    const again = await read<PublishPacket>(under.store.outgoingStream(client('one')));
    expect(again.map(({ dup, messageId, payload }) => [dup, messageId, payload.toString()])).toEqual([
      [true, 7, '1'],
      [true, 8, '3'],
    ]);
    expect(await under.store.outgoingClearMessageId(client('one'), { messageId: 9 })).toBeUndefined();
    expect(await under.store.outgoingClearMessageId(client('one'), { messageId: 7 })).toMatchObject({
      topic: 'open',
    });
    await reopen();
    expect(await outgoing('one')).toEqual(['3']);
  });

  it('of QoS 2 go on with PUBREL after a restart', async () => {
    await under.store.outgoingEnqueue({ clientId: 'one', qos: 2 }, message('a', 'x', { qos: 2 }));
    under.store.nextOutgoing(
      'one',
      () => true,
      () => 7,
    );
    await under.store.outgoingUpdate(client('one'), { cmd: 'pubrel', messageId: 7 });
    await under.store.outgoingUpdate(client('nobody'), { cmd: 'pubrel', messageId: 7 });
    await reopen();
    expect(await read(under.store.outgoingStream(client('one')))).toMatchObject([
      { cmd: 'pubrel', messageId: 7 },
    ]);
    await under.store.outgoingClearMessageId(client('one'), { messageId: 7 });
    await reopen();
    expect(await outgoing('one')).toEqual([]);
  });

  it('stay in order when the clock was set back between runs, whose ids begin with their time', async () => {
    const add = (text: string, brokerId: string) =>
      under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message('a', text, { brokerId }));
    let packetId = 0;
    const send = () =>
      under.store.nextOutgoing(
        'one',
        () => true,
        () => ++packetId,
      );
    const expected: string[] = [];
    for (const run of ['run-5', 'run-3', 'run-1', 'run-4', 'run-0']) {
      await reopen({}, run);
      for (const part of ['first', 'second']) {
        await add(`${run} ${part}`, run);
        expected.push(`${run} ${part}`);
      }
      send();
    }
    await reopen({}, 'run-2');
    expect(await outgoing('one')).toEqual(expected);
    await reopen({}, 'run-9');
    expect(await outgoing('one')).toEqual(expected);
  });

  it('wake their session, when they come and when there is room again', async () => {
    const woken: string[] = [];
    await reopen({ onWaiting: (id) => woken.push(id) });
    for (let i = 0; i < 2; i++)
      await under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message('a', `${i}`));
    under.store.nextOutgoing(
      'one',
      () => true,
      () => 1,
    );
    await under.store.outgoingClearMessageId(client('one'), { messageId: 1 });
    expect(woken).toEqual(['one', 'one', 'one']);
    under.store.nextOutgoing(
      'one',
      () => true,
      () => 2,
    );
    await under.store.outgoingClearMessageId(client('one'), { messageId: 2 });
    expect(woken).toHaveLength(3);
  });

  it('are bounded: the oldest go, here and on disk, and somebody is told', async () => {
    const dropped: [string, number][] = [];
    const onDrop = (clientId: string, messages: number) => dropped.push([clientId, messages]);
    await reopen({ limits: { messages: 3, bytes: 1_000_000 }, onDrop });
    for (let i = 0; i < 5; i++)
      await under.store.outgoingEnqueue({ clientId: 'one', qos: 1 }, message('a', `${i}`));
    expect(dropped).toEqual([
      ['one', 1],
      ['one', 1],
    ]);
    await reopen();
    expect(await outgoing('one')).toEqual(['2', '3', '4']);
  });

  it('are kept for those who may receive them', async () => {
    const options = {
      usernameOf: ({ id }: Client) => `user of ${id}`,
      mayReceive: (username: string) => username !== 'user of b',
    };
    await reopen(options);
    for (const id of ['a', 'b']) await under.store.addSubscriptions(client(id), [{ topic: '#', qos: 1 }]);
    expect(under.store.sessionsFor('x').map(({ clientId }) => clientId)).toEqual(['a']);
    await reopen(options);
    expect(under.store.sessionsFor('x').map(({ clientId }) => clientId)).toEqual(['a']);
  });
});

describe('receipts of QoS 2', () => {
  it.each(IDS)('of %s survive a restart', async (id) => {
    under.store.receipts.add(id, 9);
    await reopen();
    const { receipts } = under.store;
    expect([receipts.has(id, 9), receipts.has(id, 8), receipts.count(id)]).toEqual([true, false, 1]);
    receipts.release(id, 9);
    await reopen();
    expect(under.store.receipts.count(id)).toBe(0);
  });

  it('that there are not may be released', () => {
    under.store.receipts.release('one', 1);
    expect(under.store.receipts.has('one', 1)).toBe(false);
  });

  it('end with a clean session, and those of others stay', async () => {
    for (const id of ['one', 'other']) under.store.receipts.add(id, 1);
    await under.store.cleanIncoming(client('one'));
    await reopen();
    const { receipts } = under.store;
    expect([receipts.has('one', 1), receipts.has('other', 1)]).toEqual([false, true]);
  });
});
