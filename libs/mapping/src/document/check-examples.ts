import { parseInstant, type SchemaExample } from '#model';
import type { OntologyHub } from '#semantics';
import type { TopicPattern } from '../topic-pattern.js';
import type { Problems } from './problems.js';

const MEMBERS = ['topic', 'payload', 'payloadBase64', 'expect', 'title', 'description'];
const EXPECTED = ['property', 'value', 'unit', 'name', 'phenomenonTime'];
const MAX_EXAMPLES = 200;

/** Checks the shape of `examples`; whether they hold is found by running them. */
export function checkExamples(
  value: unknown,
  patterns: readonly TopicPattern[],
  hub: OntologyHub,
  problems: Problems,
): value is readonly SchemaExample[] | undefined {
  if (value === undefined) return true;
  const before = problems.list.length;
  if (!Array.isArray(value)) {
    problems.shape('/examples', 'examples is no array', 'Give [{ "topic", "payload", "expect": [...] }].');
    return false;
  }
  if (value.length > MAX_EXAMPLES) {
    problems.add(
      '/examples',
      'document-too-large',
      `there are ${value.length} examples; at most ${MAX_EXAMPLES} are taken`,
    );
    return false;
  }
  for (const [i, example] of (value as unknown[]).entries()) {
    const at = `/examples/${i}`;
    const given = problems.object(example, at, MEMBERS);
    if (!given) continue;
    const { topic, payload, payloadBase64, expect } = given;
    if (typeof topic !== 'string' || topic === '')
      problems.shape(`${at}/topic`, 'the topic is missing', 'Give a topic as it is published to.');
    else if (patterns.length > 0 && patterns.every((pattern) => !pattern.match(topic))) {
      problems.add(
        `${at}/topic`,
        'example-failed',
        `no pattern of the schema fits ${topic}`,
        'Mend the topic or the pattern.',
      );
    }
    if ((payload === undefined) === (payloadBase64 === undefined)) {
      problems.shape(`${at}/payload`, 'an example has either payload or payloadBase64');
    }
    if (payloadBase64 !== undefined && !isBase64(payloadBase64))
      problems.shape(`${at}/payloadBase64`, 'payloadBase64 is not base64');
    if (!Array.isArray(expect))
      problems.shape(
        `${at}/expect`,
        'expect is missing or no array',
        'List the observations; [] means none.',
      );
    else
      for (const [k, one] of (expect as unknown[]).entries())
        checkExpected(one, `${at}/expect/${k}`, hub, problems);
  }
  return problems.list.length === before;
}

function checkExpected(value: unknown, at: string, hub: OntologyHub, problems: Problems): void {
  const given = problems.object(value, at, EXPECTED);
  if (!given) return;
  const { property, phenomenonTime } = given;
  if (typeof property !== 'string') problems.shape(`${at}/property`, 'the property is missing');
  else if (!hub.property(property)) {
    const near = hub.suggest(property);
    const hint = near.length > 0 ? `Did you mean ${near.join(', ')}?` : undefined;
    problems.add(`${at}/property`, 'property-unknown', `there is no observable property ${property}`, hint);
  }
  if (!['number', 'boolean', 'string'].includes(typeof given.value))
    problems.shape(`${at}/value`, 'the value is missing');
  problems.text(given.unit, `${at}/unit`);
  problems.text(given.name, `${at}/name`);
  const time = problems.text(phenomenonTime, `${at}/phenomenonTime`);
  if (time !== undefined && !parseInstant(time)) {
    problems.shape(
      `${at}/phenomenonTime`,
      `${time} is no ISO 8601 time`,
      'Write it as 2026-11-23T02:40:11Z.',
    );
  }
}

function isBase64(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0;
}
