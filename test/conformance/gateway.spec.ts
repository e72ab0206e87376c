import { TestGateway } from '../flow/support/gateway.js';
import { profileDocument, profileNames } from './support/mapping.js';
import { VALUES } from './support/profile-values.js';

/** A machine that runs every suite at once is slow. */
const PATIENCE_MS = 120_000;

/** Every profile in one gateway: registered, fed with its examples, its devices seen. */
describe('the profiles in a gateway', () => {
  let gateway: TestGateway;
  const names = profileNames();

  beforeAll(async () => {
    gateway = await TestGateway.start();
  }, PATIENCE_MS);

  afterAll(() => gateway.stop());

  it(
    'are all registered beside each other',
    async () => {
      for (const name of names) {
        const { status, body } = await gateway.rest().post('/api/schemas', profileDocument(name));
        expect([name, status, body.errors]).toEqual([name, 201, undefined]);
      }
    },
    PATIENCE_MS,
  );

  it(
    'store the values of their examples, with nothing rejected or unmatched',
    async () => {
      const device = await gateway.mqtt();
      const before = await summary();
      let messages = 0;
      let values = 0;
      for (const name of names) {
        const examples = profileDocument(name).examples ?? [];
        await Promise.all(examples.map(({ topic, payload }) => device.publish(topic, payload)));
        messages += examples.length;
        for (const expected of VALUES[name]!) values += Object.keys(expected).length;
      }
      const after = await summary();
      expect(after.messages.received - before.messages.received).toBe(messages);
      expect([after.messages.unmatched, after.messages.rejected, after.messages.refused]).toEqual([0, 0, 0]);
      expect([after.values.stored, after.values.duplicate]).toEqual([values, 0]);
      // Probes that are not there: one of a soil sensor of the common names, two of a Decentlab's.
      expect(after.values.rejected).toBe(3);
    },
    PATIENCE_MS,
  );

  it.each([
    ['zigbee2mqtt/hall-motion/availability', '{"state":"online"}', 'hall-motion'],
    ['tele/tasmota_washer/LWT', 'Online', 'tasmota_washer'],
    ['shellies/shellyht-F3A1B2/online', 'true', 'shellyht-F3A1B2'],
    ['shellyplus1pm-7c87ce65bd9c/online', 'true', 'shellyplus1pm-7c87ce65bd9c'],
    ['garden-node/status', 'online', 'garden-node'],
  ])(
    'a message to %s tells that the device is there',
    async (topic, payload, id) => {
      const subscriber = await gateway.mqtt();
      await subscriber.subscribe(`glossa/devices/${id}/status`);
      const device = await gateway.mqtt();
      await device.publish(topic, payload);
      const { text } = await subscriber.next(({ topic: about }) => about === `glossa/devices/${id}/status`);
      expect(text).toContain('online');
    },
    PATIENCE_MS,
  );

  async function summary() {
    return (await gateway.rest().get('/api/messages/summary')).body as {
      messages: Record<'received' | 'unmatched' | 'rejected' | 'refused', number>;
      values: Record<'stored' | 'duplicate' | 'rejected', number>;
    };
  }
});
