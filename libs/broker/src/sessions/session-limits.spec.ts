import { client, message, read, storeUnderTest } from '../../../../test/fixtures/session-stores.js';

const DAY = 86_400_000;
const KIB = 1024;

describe('the limits of sessions', () => {
  const under = storeUnderTest();
  const subscribe = (id: string, topic = '#') =>
    under.store.addSubscriptions(client(id), [{ topic, qos: 1 }]);
  const queue = (id: string, text: string) =>
    under.store.outgoingEnqueue({ clientId: id, qos: 1 }, message('t', text));
  /** What a session still has, in order. */
  const texts = (id: string) => {
    const got: string[] = [];
    let packetId = 0;
    for (;;) {
      const next = under.store.nextOutgoing(
        id,
        () => true,
        () => ++packetId,
      );
      if (!next) return got;
      got.push(next.payload.toString().slice(0, 3));
    }
  };
  const sessions = async () =>
    (await under.store.subscriptionsByTopic('t')).map(({ clientId }) => clientId).sort();

  describe('bytes of all', () => {
    const limits = { allBytes: 100 * KIB };
    const dropped: [string, number][] = [];
    const options = { limits, onDrop: (id: string, count: number) => dropped.push([id, count]) };
    beforeEach(async () => {
      dropped.splice(0);
      await under.reopen(options);
    });

    it('the session that holds most loses its oldest messages, one that holds little loses none', async () => {
      await queue('small', 's-1');
      for (let i = 0; i < 300; i++) await queue('large', `${100 + i}${'x'.repeat(KIB)}`);
      const left = texts('large');
      expect(left.length).toBeGreaterThan(80);
      expect(left.length).toBeLessThan(100);
      expect(left.at(-1)).toBe('399');
      expect(left).toEqual(Array.from({ length: left.length }, (_, i) => String(400 - left.length + i)));
      expect(texts('small')).toEqual(['s-1']);
      expect(dropped.map(([id]) => id)).not.toContain('small');
      expect(dropped.reduce((sum, [, count]) => sum + count, 0)).toBe(300 - left.length);
    });

    it('many sessions that hold the same are bounded together', async () => {
      for (let i = 0; i < 50; i++)
        for (let id = 0; id < 20; id++) await queue(`s${id}`, `${100 + i}${'x'.repeat(KIB)}`);
      let left = 0;
      for (let id = 0; id < 20; id++) left += texts(`s${id}`).length;
      expect(left).toBeGreaterThan(70);
      expect(left).toBeLessThanOrEqual(100);
    });

    it('what a connected client has not acknowledged stays, what one that is gone was sent may go', async () => {
      const connected = new Set(['there', 'gone']);
      await under.reopen({ ...options, isConnected: (id) => connected.has(id) });
      for (const id of ['there', 'gone'])
        for (let i = 0; i < 45; i++) await queue(id, `${100 + i}${'x'.repeat(KIB)}`);
      texts('there');
      texts('gone');
      connected.delete('gone');
      for (let i = 0; i < 20; i++) await queue('new', `${100 + i}${'x'.repeat(KIB)}`);
      expect(await read(under.store.outgoingStream({ id: 'there' }))).toHaveLength(45);
      expect((await read(under.store.outgoingStream({ id: 'gone' }))).length).toBeLessThan(45);
      expect(texts('new')).toHaveLength(20);
    });

    it('what was dropped is not there after a restart either, and what was acknowledged makes room', async () => {
      for (let i = 0; i < 150; i++) await queue('kept', `${100 + i}${'x'.repeat(KIB)}`);
      await under.reopen(options);
      const left = texts('kept');
      expect(left.length).toBeLessThan(100);
      expect(left.at(-1)).toBe('249');
      for (let id = 1; id <= left.length; id++)
        await under.store.outgoingClearMessageId({ id: 'kept' }, { messageId: id });
      dropped.splice(0);
      for (let i = 0; i < 90; i++) await queue('kept', `${300 + i}${'x'.repeat(KIB)}`);
      expect(dropped).toEqual([]);
    });

    it('a lower bound holds from the start', async () => {
      for (let i = 0; i < 80; i++) await queue('kept', `${100 + i}${'x'.repeat(KIB)}`);
      await under.reopen({ limits: { allBytes: 20 * KIB } });
      expect(texts('kept').length).toBeLessThan(20);
    });
  });

  describe('time away', () => {
    const expired: string[] = [];
    const connected = new Set<string>();
    const options = {
      limits: { away: 3 * DAY },
      isConnected: (id: string) => connected.has(id),
      onExpire: (id: string) => expired.push(id),
    };
    beforeEach(async () => {
      expired.splice(0);
      connected.clear();
      await under.reopen(options);
    });

    it('a session ends with everything that was kept for it', async () => {
      await subscribe('away');
      await subscribe('there');
      connected.add('there');
      await queue('away', '1');
      under.store.receipts.add('publisher', 7);
      under.store.countAbsences(2 * DAY);
      expect(await sessions()).toEqual(['away', 'there']);
      under.store.countAbsences(DAY);
      expect(expired.sort()).toEqual(['away', 'publisher']);
      expect(await sessions()).toEqual(['there']);
      expect(texts('away')).toEqual([]);
      expect(under.store.receipts.has('publisher', 7)).toBe(false);
      await under.reopen(options);
      expect(await sessions()).toEqual(['there']);
      expect(await under.store.subscriptionsByClient({ id: 'away' })).toEqual([]);
    });

    it('a visit begins the count again, however short it is', async () => {
      await subscribe('visitor');
      under.store.countAbsences(2 * DAY);
      await under.store.subscriptionsByClient({ id: 'visitor' });
      under.store.countAbsences(2 * DAY);
      expect(await sessions()).toEqual(['visitor']);
      under.store.countAbsences(DAY);
      expect(await sessions()).toEqual([]);
    });

    it('a restart goes on counting, by the hour', async () => {
      await subscribe('away');
      under.store.countAbsences(2 * DAY);
      under.store.countAbsences(DAY / 2);
      await under.reopen(options);
      under.store.countAbsences(DAY / 4);
      expect(await sessions()).toEqual(['away']);
      under.store.countAbsences(DAY / 4);
      expect(await sessions()).toEqual([]);
      // Its next session begins at nothing.
      await subscribe('away');
      await under.reopen(options);
      under.store.countAbsences(2 * DAY);
      expect(await sessions()).toEqual(['away']);
    });

    it('a clean session, and a visit, leave no count behind for the next start', async () => {
      await subscribe('one');
      await subscribe('two');
      under.store.countAbsences(2 * DAY);
      await under.store.cleanSubscriptions(client('one'));
      await under.store.subscriptionsByClient({ id: 'two' });
      await subscribe('one');
      await under.reopen(options);
      under.store.countAbsences(2 * DAY);
      expect(await sessions()).toEqual(['one', 'two']);
    });
  });

  it('of their number: the one that was away the longest makes place, none whose client is there', async () => {
    const connected = new Set(['a']);
    const expired: string[] = [];
    await under.reopen({
      limits: { sessions: 3 },
      isConnected: (id) => connected.has(id),
      onExpire: (id) => expired.push(id),
    });
    await subscribe('a');
    await subscribe('b');
    under.store.countAbsences(1000);
    await subscribe('c');
    await subscribe('c', 'more');
    expect(expired).toEqual([]);
    await subscribe('d');
    expect(expired).toEqual(['b']);
    for (const id of ['c', 'd']) connected.add(id);
    await subscribe('e');
    expect(expired).toEqual(['b']);
    expect(await sessions()).toEqual(['a', 'c', 'd', 'e']);
  });

  it('of the number of those that only publish, too', async () => {
    const expired: string[] = [];
    await under.reopen({ limits: { sessions: 2 }, onExpire: (id) => expired.push(id) });
    const { receipts } = under.store;
    receipts.add('a', 1);
    under.store.countAbsences(1000);
    receipts.add('b', 1);
    receipts.add('b', 2);
    expect(expired).toEqual([]);
    receipts.add('c', 1);
    expect(expired).toEqual(['a']);
    expect([...receipts.clients()]).toEqual(['b', 'c']);
  });
});

describe('the limits of retained messages', () => {
  const under = storeUnderTest();
  const full: string[] = [];
  const options = {
    limits: { retained: { messages: 5, bytes: 1000 } },
    onRetainedFull: (topic: string) => full.push(topic),
  };
  const retain = (topic: string, text: string) =>
    under.store.storeRetained(message(topic, text, { retain: true }));
  const kept = () =>
    Object.fromEntries([...under.store.retained].map(([topic, { payload }]) => [topic, payload.toString()]));
  beforeEach(async () => {
    full.splice(0);
    await under.reopen(options);
  });

  it('of their number: one too many is told and not kept, the others change and go as ever', async () => {
    for (let i = 0; i < 6; i++) await retain(`t${i}`, 'old');
    expect(full).toEqual(['t5']);
    await retain('t0', 'new');
    await retain('t1', '');
    await retain('t6', 'room');
    expect(full).toEqual(['t5']);
    const all = { t0: 'new', t2: 'old', t3: 'old', t4: 'old', t6: 'room' };
    expect(kept()).toEqual(all);
    await under.reopen(options);
    expect(kept()).toEqual(all);
    await retain('t7', 'no room');
    expect(full).toEqual(['t5', 't7']);
  });

  it('of their bytes: a value that is too large leaves no older one behind', async () => {
    await retain('a', 'x'.repeat(600));
    await retain('b', 'small');
    await retain('b', 'y'.repeat(500));
    expect(full).toEqual(['b']);
    expect(Object.keys(kept())).toEqual(['a']);
    await retain('a', 'z');
    await retain('b', 'y'.repeat(500));
    expect(Object.keys(kept())).toEqual(['a', 'b']);
    await under.reopen(options);
    expect(Object.keys(kept())).toEqual(['a', 'b']);
  });

  it('the status of devices has room beside them', async () => {
    for (let i = 0; i < 5; i++) await retain(`t${i}`, 'x');
    for (let i = 0; i < 20; i++) await retain(`glossa/devices/d${i}/status`, 'online');
    expect(full).toEqual([]);
    expect(under.store.retained.size).toBe(25);
  });
});
