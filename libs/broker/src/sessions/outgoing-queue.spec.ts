import { keyOf, OutgoingQueue, type OutgoingPacket } from './outgoing-queue.js';

const message = (counter: number, more: object = {}): OutgoingPacket => ({
  cmd: 'publish',
  brokerId: 'b',
  brokerCounter: counter,
  topic: 't',
  payload: Buffer.alloc(35),
  qos: 1,
  retain: false,
  dup: false,
  ...more,
});

/** Of one message: 35 bytes of payload, 1 of topic, 64 for the rest. */
const SIZE = 100;

/** Sends what waits longest under a packet id. */
function send(queue: OutgoingQueue, messageId?: number): number | undefined {
  return queue.take(messageId)?.brokerCounter;
}

const droppedBy = (queue: OutgoingQueue, packet: OutgoingPacket) =>
  queue.add(packet).map(({ brokerCounter }) => brokerCounter);

/** Empties the queue: what waits, in order. */
function waitingOf(queue: OutgoingQueue): (number | undefined)[] {
  const found: (number | undefined)[] = [];
  while (queue.peek()) found.push(send(queue));
  return found;
}

describe('OutgoingQueue', () => {
  it('sends in order, and keeps what was sent until it is acknowledged', () => {
    const queue = new OutgoingQueue(10, 10_000);
    for (const counter of [1, 2, 3]) queue.add(message(counter));
    expect([send(queue, 7), send(queue, 8)]).toEqual([1, 2]);
    expect([queue.size, queue.waiting]).toEqual([3, 1]);
    expect(queue.resend().map((packet) => [packet.messageId, (packet as { dup?: boolean }).dup])).toEqual([
      [7, true],
      [8, true],
    ]);
    expect(queue.clear(8)?.brokerCounter).toBe(2);
    expect(queue.clear(8)).toBeUndefined();
    expect([queue.has(7), queue.has(8)]).toEqual([true, false]);
    expect(queue.size).toBe(2);
  });

  it('lets go what is taken without a packet id', () => {
    const queue = new OutgoingQueue(10, 10_000);
    queue.add(message(1));
    expect(send(queue)).toBe(1);
    expect([queue.size, queue.peek()]).toEqual([0, undefined]);
    expect(queue.resend()).toEqual([]);
  });

  it('sorts its keys as it was filled, so that a journal keeps the order', () => {
    const queue = new OutgoingQueue(2000, 1_000_000);
    const counters = [1, 9, 10, 99, 1000, Number.MAX_SAFE_INTEGER];
    for (const counter of counters) queue.add(message(counter));
    counters.forEach((_, i) => send(queue, i + 1));
    const keys = [...queue.sent].map(keyOf);
    expect(keys).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(6);
    expect(queue.newest).toBe(keys.at(-1));
  });

  it('puts a PUBREL in the place of its message', () => {
    const queue = new OutgoingQueue(10, 10_000);
    for (const counter of [1, 2]) queue.add(message(counter, { qos: 2 }));
    send(queue, 7);
    send(queue, 8);
    const [key] = [...queue.sent].map(keyOf);
    const pubrel = { cmd: 'pubrel', messageId: 7, brokerId: 'b', brokerCounter: 1 };
    const released = queue.release(7)!;
    expect(released).toEqual(pubrel);
    expect(keyOf(released)).toBe(key);
    expect(queue.release(7)).toEqual(pubrel);
    expect(queue.release(9)).toBeUndefined();
    // in the order in which the messages were sent [MQTT-4.6.0-1]
    expect(queue.resend().map(({ cmd, messageId }) => [cmd, messageId])).toEqual([
      ['pubrel', 7],
      ['publish', 8],
    ]);
    expect(queue.clear(7)).toEqual(pubrel);
  });

  it('takes back what was sent before a restart, apart from what waits', () => {
    const queue = new OutgoingQueue(10, 10_000);
    queue.add(message(1, { messageId: 7 }));
    queue.add({ cmd: 'pubrel', messageId: 8, brokerId: 'b', brokerCounter: 2 });
    queue.add(message(3));
    expect(queue.resend().map(({ messageId }) => messageId)).toEqual([7, 8]);
    expect(queue.waiting).toBe(1);
  });
});

describe('the window', () => {
  it('closes at 1,000 messages without acknowledgement, and opens with one', () => {
    const queue = new OutgoingQueue(5000, 10_000_000);
    for (let counter = 1; counter <= 1001; counter++) queue.add(message(counter));
    for (let id = 1; id <= 999; id++) send(queue, id);
    expect(queue.open).toBe(true);
    send(queue, 1000);
    expect(queue.open).toBe(false);
    queue.clear(5);
    expect(queue.open).toBe(true);
  });

  it('closes at 8 MiB, and counts a PUBREL as what it is', () => {
    const queue = new OutgoingQueue(5000, 100_000_000);
    queue.add(message(1, { payload: Buffer.alloc(8 * 1024 * 1024), qos: 2 }));
    expect(queue.open).toBe(true);
    send(queue, 1);
    expect(queue.open).toBe(false);
    queue.release(1);
    expect(queue.open).toBe(true);
    queue.clear(1);
    queue.clear(1);
    queue.add(message(2, { payload: Buffer.alloc(8 * 1024 * 1024 - 65), qos: 2 }));
    send(queue, 2);
    // Acknowledged ones left nothing behind: just these bytes fit.
    expect(queue.open).toBe(false);
  });
});

describe('the bounds of what waits', () => {
  it.each([
    ['messages', new OutgoingQueue(3, 1_000_000)],
    ['bytes', new OutgoingQueue(1000, 3 * SIZE)],
  ])('%s push out the oldest', (_, queue) => {
    expect([1, 2, 3].flatMap((counter) => droppedBy(queue, message(counter)))).toEqual([]);
    expect(droppedBy(queue, message(4))).toEqual([1]);
    // what was sent does not count, and does not go
    expect(send(queue, 7)).toBe(2);
    expect(droppedBy(queue, message(5))).toEqual([]);
    expect(droppedBy(queue, message(6))).toEqual([3]);
    expect(queue.has(7)).toBe(true);
    expect(waitingOf(queue)).toEqual([4, 5, 6]);
  });

  it('bytes push out as many as it takes, and never the newest', () => {
    const queue = new OutgoingQueue(1000, 3 * SIZE);
    for (const counter of [1, 2, 3]) queue.add(message(counter));
    expect(droppedBy(queue, message(4, { payload: Buffer.alloc(35 + SIZE) }))).toEqual([1, 2]);
    expect(droppedBy(queue, message(5, { payload: Buffer.alloc(100 * SIZE) }))).toEqual([3, 4]);
    expect(waitingOf(queue)).toEqual([5]);
  });

  it('count right through every way of a message', () => {
    const queue = new OutgoingQueue(1000, 3 * SIZE);
    for (let counter = 1; counter <= 50; counter++) {
      queue.add(message(counter, { qos: 2 }));
      send(queue, counter % 2 === 0 ? counter : undefined);
      queue.release(counter);
      queue.release(counter);
      queue.clear(counter);
    }
    expect(queue.size).toBe(0);
    for (const counter of [51, 52, 53]) expect(droppedBy(queue, message(counter))).toEqual([]);
    expect(droppedBy(queue, message(54))).toEqual([51]);
  });
});
