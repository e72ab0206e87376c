import fc from 'fast-check';
import { fromJson, toJson } from './packet-json.js';

const through = (packet: object) => fromJson(JSON.parse(JSON.stringify(toJson(packet))));

describe('a packet in the journal', () => {
  it('comes back byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'grapheme' }), (bytes, topic) => {
        const packet = { cmd: 'publish', topic, payload: Buffer.from(bytes), qos: 1, retain: false };
        expect(through(packet)).toEqual(packet);
      }),
    );
  });

  it('that has no payload has none afterwards', () => {
    expect(through({ cmd: 'pubrel', messageId: 7 })).toEqual({ cmd: 'pubrel', messageId: 7 });
  });

  it('that has text as payload has its bytes', () => {
    expect(through({ cmd: 'publish', payload: 'ü' })).toEqual({ cmd: 'publish', payload: Buffer.from('ü') });
  });
});
