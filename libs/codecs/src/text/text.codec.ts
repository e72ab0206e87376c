import type { Codec, CodecFactory } from '#model';
import { checkSize, decodeUtf8 } from '../decode-utf8.js';

interface TextOptions {
  readonly decimal?: '.' | ',';
  readonly separator?: string;
  readonly fields?: readonly string[];
}

const COMMA_NUMBER = /^[+-]?\d+(,\d+)?$/;

/**
 * Text. The whole payload, trimmed, is one value named `value`; with `separator` and `fields` it is a line of
 * named values. `"decimal": ","` reads `21,4` as 21.4.
 */
class TextCodec implements Codec {
  readonly name = 'text';

  constructor(private readonly options: TextOptions) {}

  decode(bytes: Uint8Array): unknown {
    checkSize(bytes);
    const text = decodeUtf8(bytes);
    const { separator, fields } = this.options;
    if (separator === undefined || !fields) return { value: this.#value(text.trim()) };
    // The line is not trimmed: the separator may be a tab, and the first field empty.
    const parts = text.split(separator, fields.length);
    const record: Record<string, string> = {};
    for (const [i, field] of fields.entries()) {
      const part = parts[i]?.trim();
      // A field that is not there is absent, not empty.
      if (part !== undefined && part !== '') record[field] = this.#value(part);
    }
    return record;
  }

  #value(text: string): string {
    return this.options.decimal === ',' && COMMA_NUMBER.test(text) ? text.replace(',', '.') : text;
  }
}

export const text: CodecFactory = {
  name: 'text',
  description: 'Text: one value named "value", or separated fields.',
  options: {
    type: 'object',
    properties: {
      decimal: { enum: ['.', ','] },
      separator: { type: 'string', minLength: 1, maxLength: 8 },
      fields: {
        type: 'array',
        items: { type: 'string', minLength: 1, not: { const: '__proto__' } },
        minItems: 1,
        maxItems: 256,
        uniqueItems: true,
      },
    },
    dependentRequired: { separator: ['fields'], fields: ['separator'] },
    additionalProperties: false,
  },
  create: (options) => new TextCodec(options),
};
