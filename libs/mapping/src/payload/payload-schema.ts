import { createAjv, sayError, type ValidateFunction } from './json-schema.js';
import { Steps } from './steps.js';

/** Why a decoded payload does not satisfy the schema's `payload`. */
export interface PayloadMismatch {
  /** JSON Pointer into the payload. */
  readonly pointer: string;
  readonly message: string;
}

/**
 * The JSON Schema 2020-12 of a mapping document's `payload`. It compiles on its first message: a thousand of
 * them would take a second of a start.
 */
export class PayloadSchema {
  #validate: ValidateFunction | undefined;
  readonly #steps = new Steps();

  constructor(private readonly schema: object | boolean) {}

  /** Compiles now. @returns why it is no JSON Schema */
  compile(): string | undefined {
    try {
      this.#validator();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  check(payload: unknown): PayloadMismatch | undefined {
    const validate = this.#validator();
    this.#steps.open();
    try {
      if (validate(payload)) return undefined;
    } catch (error) {
      // A schema that refers to itself without reading on never ends.
      return { pointer: '', message: `the JSON Schema cannot be evaluated: ${(error as Error).message}` };
    }
    const [error] = validate.errors ?? [];
    return {
      pointer: error?.instancePath ?? '',
      message: error ? sayError(error) : 'the payload does not fit',
    };
  }

  #validator(): ValidateFunction {
    if (typeof this.schema === 'object' && '$async' in this.schema)
      throw new Error('$async schemas are not taken');
    return (this.#validate ??= createAjv(false, this.#steps).compile(this.schema));
  }
}
