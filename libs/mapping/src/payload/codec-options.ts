import type { CodecFactory } from '#model';
import { createAjv, sayError, type ValidateFunction } from './json-schema.js';

const validators = new WeakMap<CodecFactory, ValidateFunction>();

/** What is wrong with the options of a codec, by the codec's own JSON Schema. */
export function codecOptionsProblems(
  factory: CodecFactory,
  options: Readonly<Record<string, unknown>>,
): { path: string; message: string }[] {
  let validate = validators.get(factory);
  if (!validate) {
    validate = createAjv(true).compile(factory.options);
    validators.set(factory, validate);
  }
  if (validate(options)) return [];
  return (validate.errors ?? []).map((error) => ({ path: error.instancePath, message: sayError(error) }));
}
