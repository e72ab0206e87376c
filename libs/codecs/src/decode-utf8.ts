import { isAscii } from 'node:buffer';
import { CodecError } from '#model';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** What Node's types leave out: a text of bytes, one each, without the detour over the name of an encoding. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice: (this: Uint8Array, start: number, end: number) => string;
};

/** Decodes strict UTF-8; a byte order mark is dropped. @throws CodecError `payload-not-utf8` */
export function decodeUtf8(bytes: Uint8Array): string {
  // Most payloads, and several times as fast.
  if (isAscii(bytes)) return latin1Slice.call(bytes, 0, bytes.length);
  try {
    return decoder.decode(bytes);
  } catch {
    throw new CodecError('payload-not-utf8', 'the payload is not valid UTF-8');
  }
}

/** More is no reading of a device. */
export const MAX_PAYLOAD = 1024 * 1024;

/** @throws CodecError for payloads that no codec takes */
export function checkSize(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new CodecError('payload-empty', 'the payload is empty');
  if (bytes.length > MAX_PAYLOAD)
    throw new CodecError(
      'payload-too-large',
      `the payload has ${bytes.length} bytes; at most ${MAX_PAYLOAD} are read`,
    );
}
