import { CodecError } from '#model';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes strict UTF-8; a byte order mark is dropped. @throws CodecError `payload-not-utf8` */
export function decodeUtf8(bytes: Uint8Array): string {
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
