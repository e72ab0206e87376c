import { pointer, type Problem, type SchemaDocument } from '#model';
import type { MappingEnvironment } from '../environment.js';
import type { Expression } from '../expressions/index.js';
import { PayloadSchema } from '../payload/payload-schema.js';
import type { Rule } from '../rules/rule.js';
import type { Template } from '../rules/template.js';
import { CompiledSchema } from '../schema/compiled-schema.js';
import { checkExamples } from './check-examples.js';
import {
  commonNames,
  compileCodec,
  compileTemplate,
  compileText,
  compileTime,
  compileTopics,
} from './compile-parts.js';
import { compileRule } from './compile-rule.js';
import { compileStatus } from './compile-status.js';
import { isObject, Problems } from './problems.js';

const MEMBERS = [
  'id',
  'title',
  'description',
  'topic',
  'match',
  'codec',
  'payload',
  'device',
  'autoCreate',
  'feature',
  'time',
  'each',
  'observations',
  'status',
  'examples',
] as const;

const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** A message is mapped on the broker's thread: a document with more would cost its neighbours. */
const MAX_RULES = 1000;

/** What a document is registered as. */
export interface CheckOptions {
  readonly version: number;
  /** ISO 8601, when the id was first registered. */
  readonly createdAt: string;
  /** False for a document that was registered before: its `payload` schema compiles on the first message. */
  readonly examples?: boolean;
}

/** A document compiled, or everything that is wrong with it. */
export type CheckedSchema =
  | { readonly ok: true; readonly schema: CompiledSchema }
  | { readonly ok: false; readonly errors: readonly Problem[] };

/**
 * Checks a mapping document and compiles it. Every problem is named at once, by JSON Pointer, code and hint.
 * Its examples are run by {@link runExamples}.
 */
export function checkSchema(
  document: unknown,
  environment: MappingEnvironment,
  options: CheckOptions,
): CheckedSchema {
  const problems = new Problems();
  const schema = compileDocument(document, environment, options, problems);
  return schema && problems.list.length === 0 ? { ok: true, schema } : { ok: false, errors: problems.list };
}

function compileDocument(
  document: unknown,
  environment: MappingEnvironment,
  options: CheckOptions,
  problems: Problems,
): CompiledSchema | undefined {
  const given = problems.object(document, '', MEMBERS);
  if (!given) return undefined;
  if (typeof given.id !== 'string' || !ID.test(given.id)) {
    const hint = 'Lower-case letters, digits and hyphens, 1 to 64 of them, such as "zigbee2mqtt-climate".';
    problems.shape('/id', given.id === undefined ? 'id is missing' : 'id is no slug', hint);
  }
  problems.text(given.title, '/title', 500);
  problems.text(given.description, '/description', 10_000);
  problems.boolean(given.autoCreate, '/autoCreate');
  const patterns = compileTopics(given.topic, problems);
  const names = commonNames(patterns);
  const match = compileText(given.match, '/match', problems);
  const codec = compileCodec(given.codec, environment.codecs, problems);
  const payload = compilePayload(given.payload, options.examples !== false, problems);
  const each = compileText(given.each, '/each', problems);
  const time = compileTime(given.time, '/time', problems);
  const feature = compileTemplate(given.feature, '/feature', names, problems);
  const rules = compileRules(given.observations, names, environment, problems);
  const device = compileDevice(given, names, patterns.length > 0, problems);
  const status = compileStatus(given.status, device, given.autoCreate !== false, problems);
  checkExamples(given.examples, patterns, environment.hub, problems);
  if (problems.list.length > 0 || !codec) return undefined;
  return new CompiledSchema({
    document: given as unknown as SchemaDocument,
    version: options.version,
    createdAt: options.createdAt,
    environment,
    patterns,
    codec,
    rules,
    ...(match && { match }),
    ...(payload && { payload }),
    ...(each && { each }),
    ...(time && { time }),
    ...(device && { device }),
    ...(feature && { feature }),
    ...(status && { status }),
    shared: shared([match, each], device, feature, time?.expression),
  });
}

function shared(
  own: readonly (Expression | undefined)[],
  device: Template | undefined,
  feature: Template | undefined,
  time: Expression | undefined,
): Expression[] {
  const all = [...own, ...(device?.expressions ?? []), ...(feature?.expressions ?? []), time];
  return all.filter((expression): expression is Expression => expression !== undefined);
}

function compilePayload(value: unknown, now: boolean, problems: Problems): PayloadSchema | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) && typeof value !== 'boolean') {
    return problems.shape('/payload', 'payload is no JSON Schema', 'Give a JSON Schema 2020-12 object.');
  }
  const schema = new PayloadSchema(value);
  const wrong = now ? schema.compile() : undefined;
  if (wrong === undefined) return schema;
  const hint = 'JSON Schema 2020-12, complete in itself; patterns are RE2, without look-around.';
  return problems.shape('/payload', `payload is no usable JSON Schema: ${wrong}`, hint);
}

function compileRules(
  observations: unknown,
  names: ReadonlySet<string>,
  environment: MappingEnvironment,
  problems: Problems,
): Rule[] {
  const hint = 'Give { "temperature": { "property": "AirTemperature", "unit": "°C" } }.';
  if (!isObject(observations) || Object.keys(observations).length === 0) {
    problems.shape(
      '/observations',
      observations === undefined ? 'observations is missing' : 'observations is empty or no object',
      hint,
    );
    return [];
  }
  const entries = Object.entries(observations);
  if (entries.length > MAX_RULES) {
    const message = `observations has ${entries.length} rules; at most ${MAX_RULES} are taken`;
    problems.add('/observations', 'document-too-large', message);
    return [];
  }
  return entries.flatMap(([name, rule]) => compileRule(name, rule, names, environment, problems) ?? []);
}

/** `device`, by default `{device}` where a rule does not name its own. */
function compileDevice(
  given: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string>,
  patterns: boolean,
  problems: Problems,
): Template | undefined {
  if (given.device !== undefined) return compileTemplate(given.device, '/device', names, problems);
  const rules = isObject(given.observations) ? Object.values(given.observations) : [];
  const needed = rules.some((rule) => !isObject(rule) || rule.device === undefined);
  if (!needed || !patterns) return undefined;
  if (names.has('device')) return compileTemplate('{device}', '/device', names, problems);
  const bound = names.size === 0 ? 'no variables' : [...names].map((name) => `{${name}}`).join(', ');
  return problems.add(
    pointer('device'),
    'template-invalid',
    `device is missing, and the patterns bind ${bound} but not {device}`,
    'Put {device} into the topic pattern, or give "device": a template such as "{= deviceName}".',
  );
}
