/**
 * Turns payload bytes into a JSON-like value. Decoding is synchronous and bounded in time and memory by the
 * payload's size; it never throws anything but {@link CodecError}.
 */
export interface Codec {
  readonly name: string;
  decode(bytes: Uint8Array): unknown;
}

/** Makes codecs from a mapping document's `codec` member. */
export interface CodecFactory {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the options beside `name`. */
  readonly options: object;
  /** @param options valid by {@link CodecFactory.options} */
  create(options: Readonly<Record<string, unknown>>): Codec;
}

/** Bytes that do not decode: the catalogue's code, and where (byte offset) when known. */
export class CodecError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly offset?: number,
  ) {
    super(message);
    this.name = 'CodecError';
  }
}
