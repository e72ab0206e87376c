import { isName } from '#model';
import { ExpressionError, type Expression } from '../expressions/index.js';
import { readerOf, type Reader } from '../rules/reader.js';
import type { Template } from '../rules/template.js';
import type { TopicPattern } from '../topic-pattern.js';

const MAX_BYTES = 64 * 1024;

/** Where devices of a schema say that they are there. */
export class CompiledStatus {
  readonly #read: Reader | undefined;

  constructor(
    readonly pattern: TopicPattern,
    private readonly device: Template,
    expression: Expression | undefined,
    private readonly online: readonly (string | number | boolean)[],
    /** Whether a device that is not known yet is created by it. */
    readonly autoCreate: boolean,
  ) {
    this.#read = expression && readerOf(expression);
  }

  /** What a message says of its device; undefined when it says nothing of it. */
  evaluate(topic: string, bytes: Uint8Array): { device: string; online: boolean } | undefined {
    const bound = this.pattern.match(topic);
    if (!bound || bytes.length === 0 || bytes.length > MAX_BYTES) return undefined;
    const payload = parse(Buffer.from(bytes).toString());
    const variables = { topic: bound, payload };
    try {
      const value = this.#read ? this.#read(payload, variables, undefined) : payload;
      const device = this.device.render(bound, payload, variables, undefined);
      if (value === undefined || device === undefined || !isName(device)) return undefined;
      return { device, online: this.online.some((one) => one === value) };
    } catch (error) {
      if (error instanceof ExpressionError) return undefined;
      throw error;
    }
  }
}

/** JSON where it is one, else the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.trim();
  }
}
