// Once: looked up for each byte, it is most of the cost where globals are slow, such as under test.
const { imul } = Math;

/**
 * A short fingerprint of a message, to know a resend from another message under a packet id that was used
 * again. Not cryptographic: it is only compared within one client and packet id. 2 x 32 bits, FNV-1a with two
 * offsets over topic and payload.
 */
export function resendKey(topic: string, payload: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x01000193 ^ payload.length;
  for (let i = 0; i < topic.length; i++) {
    const c = topic.charCodeAt(i);
    a = imul(a ^ c, 0x01000193);
    b = imul(b ^ c, 0x85ebca6b);
  }
  for (let i = 0; i < payload.length; i++) {
    const c = payload[i]!;
    a = imul(a ^ c, 0x01000193);
    b = imul(b ^ c, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
}
