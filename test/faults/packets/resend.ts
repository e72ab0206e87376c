import { ServiceProcess } from '../../flow/support/child.js';
import { Wire, type Publish } from '../../flow/support/wire.js';

const SCHEMA = {
  id: 'climate',
  topic: 'plant/{device}/climate',
  observations: { temperature: { property: 'AirTemperature', unit: '°C' } },
};
const TIMED = { ...SCHEMA, id: 'timed', topic: 'timed/{device}/climate', time: 'at' };

/** What breaks a connection. */
export type Break = 'the network' | 'kill -9 of the service' | 'a restart of the service';

/** The specs of senders whose connection breaks in the middle of an exchange. */
export function resend(how: Break): void {
  describe(`a connection that is broken by ${how}`, () => {
    let service: ServiceProcess;
    let count = 0;
    let device = '';

    beforeAll(async () => {
      service = await ServiceProcess.start();
      for (const schema of [SCHEMA, TIMED])
        expect((await service.rest().post('/api/schemas', schema)).status).toBe(201);
      const watcher = await service.mqtt({ clientId: 'watcher', clean: false });
      // It is away while things break: its session tells what was relayed.
      await watcher.subscribe(['plant/#', 'timed/#', 'semantic/#'], 2);
      await watcher.client.endAsync(false);
    });
    beforeEach(() => {
      device = `device-${++count}`;
    });
    afterAll(() => service.stop());

    const signIn = () => Wire.signIn(service.ports.mqtt, { clientId: 'sender', clean: false });
    /** Breaks the connection, and connects the session anew. */
    const broken = async (wire: Wire): Promise<Wire> => {
      if (how === 'the network') await wire.cut();
      else {
        if (how === 'kill -9 of the service') await service.kill();
        else await service.stop();
        await wire.ended();
        service = await service.again();
      }
      return signIn();
    };
    const stored = async () => {
      const { body, status } = await service.rest().get(`/api/datastreams/${device}/temperature`);
      return status === 404 ? 0 : (body.count as number);
    };
    /** What the watcher got of this test's device, in its next visit. */
    const relayed = async () => {
      const watcher = await service.mqtt({ clientId: 'watcher', clean: false });
      await watcher.publish('plant/end', '', { qos: 2 });
      await watcher.next(({ topic }) => topic === 'plant/end');
      await watcher.client.endAsync(false);
      const topics = watcher.received
        .map(({ topic }) => topic)
        .filter((topic) => topic.includes(`/${device}/`));
      return {
        raw: topics.filter((topic) => !topic.startsWith('semantic')).length,
        semantic: topics.filter((topic) => topic.startsWith('semantic')).length,
      };
    };
    const message = (more: Partial<Publish> = {}): Publish => ({
      topic: `plant/${device}/climate`,
      payload: { temperature: 20 + count },
      qos: 2,
      id: 100 + count,
      ...more,
    });

    describe('with QoS 2', () => {
      it.each<[string, (wire: Wire) => Promise<Wire>]>([
        [
          'as soon as PUBLISH is sent',
          async (wire) => {
            await new Promise<void>((resolve) => {
              wire.publish(message());
              wire.socket.write('', () => resolve());
            });
            const again = await broken(wire);
            again.publish(message({ dup: true }));
            await again.next('pubrec');
            return again;
          },
        ],
        [
          'before PUBREC arrives',
          async (wire) => {
            wire.publish(message());
            // It was sent, and the client never saw it.
            await wire.next('pubrec');
            const again = await broken(wire);
            again.publish(message({ dup: true }));
            await again.next('pubrec');
            return again;
          },
        ],
        [
          'after PUBREC',
          async (wire) => {
            wire.publish(message());
            await wire.next('pubrec');
            return broken(wire);
          },
        ],
        [
          'after PUBREL',
          async (wire) => {
            wire.publish(message());
            await wire.next('pubrec');
            await new Promise<void>((resolve) => {
              wire.send({ cmd: 'pubrel', messageId: 100 + count });
              wire.socket.write('', () => resolve());
            });
            return broken(wire);
          },
        ],
        [
          'before PUBCOMP arrives',
          async (wire) => {
            wire.publish(message());
            await wire.next('pubrec');
            wire.send({ cmd: 'pubrel', messageId: 100 + count });
            await wire.next('pubcomp');
            return broken(wire);
          },
        ],
      ])('%s: the message is stored once and relayed once', async (_, act) => {
        const wire = await act(await signIn());
        wire.send({ cmd: 'pubrel', messageId: 100 + count });
        expect(await wire.next('pubcomp')).toMatchObject({ messageId: 100 + count });
        expect(await stored()).toBe(1);
        expect(await relayed()).toEqual({ raw: 1, semantic: 1 });
        // The packet id is free: what has it now is another message.
        wire.publish(message());
        await wire.next('pubrec', wire.count('pubrec') + 1);
        wire.send({ cmd: 'pubrel', messageId: 100 + count });
        await wire.next('pubcomp', 2);
        expect(await stored()).toBe(2);
        expect(await relayed()).toEqual({ raw: 1, semantic: 1 });
        await wire.cut();
      });
    });

    describe('with QoS 1', () => {
      it.each([
        ['with DUP and no time of the device', {}, true],
        ['with DUP and a time of the device', { at: 1_700_000_000_000 }, true],
        ['without DUP and with a time of the device', { at: 1_700_000_000_000 }, false],
      ])('a message that comes again %s is stored once', async (_, time, dup) => {
        const again = {
          topic: `${'at' in time ? 'timed' : 'plant'}/${device}/climate`,
          payload: { temperature: 20 + count, ...time },
          qos: 1 as const,
        };
        let wire = await signIn();
        wire.publish(message(again));
        await wire.next('puback');
        wire = await broken(wire);
        wire.publish(message({ ...again, dup }));
        await wire.next('puback');
        expect(await stored()).toBe(1);
        expect((await relayed()).raw).toBeGreaterThanOrEqual(1);
        await wire.cut();
      });

      it('a window of messages that is sent again, as far as it was not acknowledged, is stored once', async () => {
        const ids = Array.from({ length: 50 }, (_, i) => i + 1);
        const messages = ids.map((id) => ({
          ...message({ id, qos: 1 }),
          payload: { temperature: id },
        }));
        let wire = await signIn();
        wire.publish(...messages);
        await wire.next('puback', 10);
        // More may have been on their way when the connection broke: the sender has not seen those.
        const acknowledged = new Set(wire.ids('puback').slice(0, 10));
        wire = await broken(wire);
        const rest = messages.filter(({ id }) => !acknowledged.has(id));
        wire.publish(...rest.map((one) => ({ ...one, dup: true })));
        await wire.next('puback', rest.length);
        expect(wire.ids('puback')).toEqual(rest.map(({ id }) => id));
        expect(await stored()).toBe(50);
        await wire.cut();
      });
    });
  });
}
