import { CodecError, type Micros, type Rejection } from '#model';
import { comparePatterns } from '../topic-pattern.js';
import { brief, Trace, type TraceStep } from '../trace.js';
import { bindSchema } from './bound-schema.js';
import type { CompiledSchema } from './compiled-schema.js';
import type { MappedValue } from './map-result.js';
import { missedNames, unmappedPaths } from './unmapped.js';

/** A message as a preview takes it. */
export interface PreviewMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly received: Micros;
}

/** What a schema makes of a message, step by step. */
export interface SchemaPreview {
  /** The topic fits and `match` holds: the schema would take the message. */
  readonly applies: boolean;
  readonly values: readonly MappedValue[];
  readonly rejected: readonly Rejection[];
  /** JSON Pointers of the payload that nothing reads. */
  readonly unmapped: readonly string[];
  readonly trace: readonly TraceStep[];
}

/** Maps a message by one schema and tells each step; stores nothing. */
export async function previewSchema(
  schema: CompiledSchema,
  { topic, payload: bytes }: PreviewMessage,
): Promise<SchemaPreview> {
  const trace = new Trace();
  const ends = (rejected: Rejection[], unmapped: string[] = []): SchemaPreview => ({
    applies: false,
    values: [],
    rejected,
    unmapped,
    trace: trace.steps,
  });
  const [pattern] = schema.patterns.filter((one) => one.match(topic)).sort(comparePatterns);
  if (!pattern) {
    const message = `no pattern of ${schema.id} fits the topic ${topic}`;
    trace.add('pattern', message);
    return ends([{ stage: 'match', code: 'topic-unmatched', message }]);
  }
  trace.add('pattern', `${pattern.source} fits: ${brief(pattern.match(topic))}`);
  // No client id has this sign [MQTT-1.5.4-2].
  const asker = { client: '\u0000preview' };
  const bound = bindSchema(schema, pattern, topic);
  let payload: unknown;
  try {
    payload = bound.decode(bytes);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    trace.add('codec', error.message);
    return ends([{ stage: 'decode', code: error.code, message: error.message }]);
  }
  trace.add('codec', `${schema.parts.codec.name} reads ${brief(payload)}`);
  const matches = await bound.matches(payload, asker);
  if (typeof matches === 'object') {
    trace.add('match', matches.message);
    return ends([matches]);
  }
  if (schema.parts.match)
    trace.add(
      'match',
      `${schema.parts.match.source} ${matches ? 'holds' : 'does not hold: the schema does not apply'}`,
    );
  if (!matches) return ends([], unmappedPaths(schema, payload));
  if (missedNames(schema, payload).size > 0)
    trace.add('each', 'the payload is an array, which has no member of a name; `each` would read its items');
  const { values, rejected } = await bound.map(payload, asker, trace);
  return { applies: true, values, rejected, unmapped: unmappedPaths(schema, payload), trace: trace.steps };
}
