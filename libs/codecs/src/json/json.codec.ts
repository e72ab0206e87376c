import { CodecError, type Codec, type CodecFactory } from '#model';
import { checkSize, decodeUtf8 } from '../decode-utf8.js';

const MAX_DEPTH = 128;
/** Shorter payloads cannot be nested deeper than that. */
const SUSPICIOUS = MAX_DEPTH;

/**
 * JSON (RFC 8259). Of duplicate keys the last one counts. Numbers beyond double range become infinite and are
 * refused as values later. Nesting is bounded, because what walks a value recurses.
 */
const codec: Codec = {
  name: 'json',
  decode(bytes) {
    checkSize(bytes);
    const text = decodeUtf8(bytes);
    if (bytes.length > SUSPICIOUS && hasMany(text)) checkDepth(text);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new CodecError('payload-not-json', `the payload is not JSON: ${(error as Error).message}`);
    }
  },
};

/** Whether there are more opening brackets, in strings or out of them, than may be nested. */
function hasMany(text: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let i = text.indexOf(bracket); i >= 0; i = text.indexOf(bracket, i + 1))
      if (++count > MAX_DEPTH) return true;
  }
  return false;
}

/** Counts brackets outside strings, without recursion. */
function checkDepth(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i + 1);
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH)
        throw new CodecError(
          'payload-too-deep',
          `the payload is nested deeper than ${MAX_DEPTH} levels`,
          Buffer.byteLength(text.slice(0, i)),
        );
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
}

function endOfString(text: string, from: number): number {
  for (let i = from; ; i++) {
    i = text.indexOf('"', i);
    if (i < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(i - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return i;
  }
}

export const json: CodecFactory = {
  name: 'json',
  description: 'JSON text.',
  options: { type: 'object', properties: {}, additionalProperties: false },
  create: () => codec,
};
