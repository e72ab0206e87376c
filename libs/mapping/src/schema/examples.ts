import {
  CodecError,
  formatMicros,
  parseInstant,
  problem,
  type ExpectedObservation,
  type Problem,
  type SchemaExample,
} from '#model';
import type { OntologyHub } from '#semantics';
import { brief } from '../trace.js';
import { comparePatterns } from '../topic-pattern.js';
import { bindSchema } from './bound-schema.js';
import type { CompiledSchema } from './compiled-schema.js';
import type { MappedValue, MapResult } from './map-result.js';

/** The payload bytes of an example or a preview: a text is raw, other JSON its serialisation. */
export function examplePayload({
  payload,
  payloadBase64,
}: Pick<SchemaExample, 'payload' | 'payloadBase64'>): Uint8Array {
  if (payloadBase64 !== undefined) return Buffer.from(payloadBase64, 'base64');
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}

/** Maps each example and compares; what is not expected may be there too, unless nothing is expected. */
export async function runExamples(schema: CompiledSchema): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [i, example] of (schema.document.examples ?? []).entries()) {
    problems.push(...(await runExample(schema, example, `/examples/${i}`)));
  }
  return problems;
}

async function runExample(schema: CompiledSchema, example: SchemaExample, at: string): Promise<Problem[]> {
  const failed = (pointer: string, message: string) => [problem(pointer, 'example-failed', message)];
  const [pattern] = schema.patterns.filter((one) => one.match(example.topic)).sort(comparePatterns);
  if (!pattern) return failed(`${at}/topic`, `no pattern of the schema fits ${example.topic}`);
  // No client id has this sign [MQTT-1.5.4-2].
  const asker = { client: '\u0000examples' };
  const bound = bindSchema(schema, pattern, example.topic);
  let payload: unknown;
  try {
    payload = bound.decode(examplePayload(example));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return failed(`${at}/payload`, error.message);
  }
  const matches = await bound.matches(payload, asker);
  if (typeof matches === 'object') return failed(`${at}/payload`, matches.message);
  const result: MapResult = matches
    ? await bound.map(payload, asker)
    : { values: [], rejected: [], device: undefined, items: 0 };
  const { hub } = schema.parts.environment;
  if (example.expect.length === 0 && result.values.length > 0) {
    return failed(
      `${at}/expect`,
      `expected no observation, got ${result.values.map((value) => say(value)).join('; ')}`,
    );
  }
  const left = [...result.values];
  return example.expect.flatMap((expected, k) => {
    const found = left.findIndex((value) => fits(value, expected, hub));
    if (found >= 0) {
      left.splice(found, 1);
      return [];
    }
    return failed(`${at}/expect/${k}`, explain(expected, result, matches));
  });
}

function fits(
  { target, value, time }: MappedValue,
  expected: ExpectedObservation,
  hub: OntologyHub,
): boolean {
  if (expected.name !== undefined && expected.name !== target.name) return false;
  if (hub.property(expected.property)?.term !== target.property.term) return false;
  if (expected.phenomenonTime !== undefined && parseInstant(expected.phenomenonTime)?.t !== time)
    return false;
  if (typeof value !== 'number' || typeof expected.value !== 'number') return value === expected.value;
  const said = inUnit(value, target.property, expected.unit, hub);
  return (
    said !== undefined &&
    Math.abs(said - expected.value) <= 1e-9 * Math.max(Math.abs(said), Math.abs(expected.value))
  );
}

/** A canonical value in the unit of the expectation; undefined where that is no unit of the property. */
function inUnit(
  value: number,
  { kind, unit = '' }: MappedValue['target']['property'],
  spelling: string | undefined,
  hub: OntologyHub,
): number | undefined {
  if (spelling === undefined) return value;
  const canonical = hub.units.get(unit);
  const resolved = hub.units.resolve(spelling, { kind, unit });
  if (!canonical || !('unit' in resolved)) return undefined;
  const conversion = hub.units.conversion(canonical, resolved.unit, kind);
  return 'apply' in conversion ? conversion.apply(value) : undefined;
}

function explain(
  { name, property, value, unit, phenomenonTime }: ExpectedObservation,
  result: MapResult,
  matches: boolean,
): string {
  const wanted = [name, property, brief(value), unit, phenomenonTime]
    .filter((part) => part !== undefined)
    .join(' ');
  if (!matches) return `expected ${wanted}, but "match" does not hold`;
  const got = result.values.length === 0 ? 'no observation' : result.values.map((one) => say(one)).join('; ');
  const why = result.rejected.map(({ message }) => message).join('; ');
  return `expected ${wanted}, got ${got}${why === '' ? '' : `; rejected: ${why}`}`;
}

function say({ target, value, time }: MappedValue): string {
  const { term, unit } = target.property;
  return [target.name, term, brief(value), unit && `unit:${unit}`, time !== undefined && formatMicros(time)]
    .filter(Boolean)
    .join(' ');
}
