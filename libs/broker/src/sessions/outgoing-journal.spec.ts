import type { PublishPacket } from 'aedes';
import fc from 'fast-check';
import { Level } from 'level';
import { join } from 'node:path';
import { client, message, read, storeUnderTest } from '../../../../test/fixtures/session-stores.js';

/** Of messages that wait for a client; a segment of the journal has at most 500. */
const LIMITS = { limits: { messages: 1200 } };
/** Messages that may be sent and not acknowledged. */
const WINDOW = 1000;
const CLIENTS = ['plain', 'a:%41'] as const;
const RUNS = ['run-1', 'run-2', 'run-3'] as const;

/** What a session is to hold: what was sent by packet id, in order, then what waits. */
class Model {
  readonly sent = new Map<number, string>();
  waiting: string[] = [];
}

const who = fc.constantFrom(...CLIENTS);
const some = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1500 }) },
);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), who, some }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), who, some }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), who, some }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('receive' as const), who, some }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('refuse' as const, 'end' as const), who }) },
    { weight: 4, arbitrary: fc.constantFrom({ do: 'turn' as const }, { do: 'flush' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('restart' as const), run: fc.constantFrom(...RUNS) }),
    },
  ),
  { maxLength: 40 },
);

describe('the journal of what sessions are to be sent', () => {
  const under = storeUnderTest();

  it('has after any restart what the queues had', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        let run: string = RUNS[0];
        let packetId = 0;
        let texts = 0;
        const models = new Map(CLIENTS.map((id) => [id, new Model()]));
        await under.reopen(LIMITS, run);
        for (const id of CLIENTS) await under.store.cleanSubscriptions(client(id));
        const next = (id: string, mayReceive = true) =>
          under.store.nextOutgoing(
            id,
            () => mayReceive,
            () => ++packetId,
          );
        for (const step of list) {
          if (step.do === 'turn') await new Promise((resolve) => setImmediate(resolve));
          else if (step.do === 'flush') await under.store.flush();
          else if (step.do === 'restart') {
            run = step.run;
            await under.reopen(LIMITS, run);
          } else {
            const id = step.who;
            const model = models.get(id)!;
            const { sent } = model;
            switch (step.do) {
              case 'wait':
                for (let i = 0; i < step.some; i++) {
                  const text = String(++texts);
                  await under.store.outgoingEnqueue({ clientId: id }, message('t', text, { brokerId: run }));
                  model.waiting.push(text);
                }
                model.waiting = model.waiting.slice(-LIMITS.limits.messages);
                break;
              case 'send':
                for (let i = 0; i < step.some; i++) {
                  const packet = next(id);
                  const text = sent.size < WINDOW ? model.waiting.shift() : undefined;
                  expect(packet?.payload.toString()).toBe(text);
                  if (text !== undefined) sent.set(packetId, text);
                }
                break;
              case 'acknowledge':
                for (const messageId of [...sent.keys()].slice(0, step.some)) {
                  await under.store.outgoingClearMessageId(client(id), { messageId });
                  sent.delete(messageId);
                }
                break;
              case 'receive':
                for (const messageId of [...sent.keys()].slice(0, step.some)) {
                  await under.store.outgoingUpdate(client(id), { cmd: 'pubrel', messageId });
                  sent.set(messageId, 'PUBREL');
                }
                break;
              case 'refuse':
                if (sent.size >= WINDOW) break;
                expect(next(id, false)).toBeUndefined();
                model.waiting = [];
                break;
              case 'end':
                await under.store.cleanSubscriptions(client(id));
                sent.clear();
                model.waiting = [];
            }
          }
        }
        await under.reopen(LIMITS, run);
        for (const [id, { sent, waiting }] of models) {
          const again = await read<PublishPacket>(under.store.outgoingStream(client(id)));
          expect(
            again.map(({ cmd, messageId, payload }) => [
              messageId,
              (cmd as string) === 'pubrel' ? 'PUBREL' : payload.toString(),
            ]),
          ).toEqual([...sent]);
          for (const messageId of sent.keys())
            await under.store.outgoingClearMessageId(client(id), { messageId });
          for (const text of waiting) {
            expect(next(id)?.payload.toString()).toBe(text);
            await under.store.outgoingClearMessageId(client(id), { messageId: packetId });
          }
          expect(next(id)).toBeUndefined();
        }
        // Nothing is left on disk.
        await under.reopen(LIMITS, run);
        expect(under.store.waiting).toBe(0);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it('takes over what older versions wrote, an entry for each message', async () => {
    const folder = 'older';
    const db = new Level(join(under.directory, folder));
    const packet = (n: number, more: object = {}) => {
      const { payload, ...rest } = message('t', String(n), { brokerCounter: n, ...more });
      return JSON.stringify({ ...rest, payload: (payload as Buffer).toString('base64') });
    };
    for (let n = 1; n <= 700; n++)
      await db.put(
        `outgoing:one:broker-1:${String(n).padStart(16, '0')}`,
        packet(n, n === 1 ? { messageId: 9 } : {}),
      );
    await db.close();
    for (const rest of [699, 698]) {
      const store = await under.open({}, folder);
      expect(
        (await read(store.outgoingStream(client('one')))).map(
          ({ messageId }: { messageId?: number }) => messageId,
        ),
      ).toEqual([9]);
      expect(store.waiting).toBe(1 + rest);
      const next = store.nextOutgoing(
        'one',
        () => true,
        () => 10,
      );
      expect(next?.payload.toString()).toBe(String(701 - rest));
      await store.outgoingClearMessageId(client('one'), { messageId: 10 });
      await store.destroy();
    }
  });
});
