import { IANAZone } from 'luxon';
import { TIME_FORMATS, type CodecFactory, type Codec } from '#model';
import { nearest } from '#semantics';
import { compileExpression, type Expression } from '../expressions/index.js';
import { readerOf } from '../rules/reader.js';
import { Template } from '../rules/template.js';
import { TimeReader } from '../rules/time-reader.js';
import { TopicPattern } from '../topic-pattern.js';
import { codecOptionsProblems } from '../payload/codec-options.js';
import { isObject, type Problems } from './problems.js';

const MAX_TOPICS = 100;

/** Compiles an optional JSONata expression. */
export function compileText(value: unknown, at: string, problems: Problems): Expression | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    return problems.shape(
      at,
      `${at} is no JSONata expression`,
      'Give a string, such as "AM2301.Temperature".',
    );
  }
  const compiled = compileExpression(value);
  if (compiled.ok) return compiled.expression;
  const { message, position, hint } = compiled.error;
  const where = position === undefined ? '' : ` at character ${position}`;
  return problems.add(at, 'expression-invalid', `${message}${where}: ${value.slice(0, 200)}`, hint);
}

/** Compiles an optional template over the variables that every pattern binds. */
export function compileTemplate(
  value: unknown,
  at: string,
  names: ReadonlySet<string>,
  problems: Problems,
): Template | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > 4096) {
    return problems.shape(at, `${at} is no template`, 'Give a string, such as "{device}".');
  }
  const template = Template.parse(value, names);
  if (template instanceof Template) return template;
  const where = template.position === undefined ? '' : ` (character ${template.position})`;
  return problems.add(at, 'template-invalid', template.message + where);
}

/** The patterns of `topic`. */
export function compileTopics(value: unknown, problems: Problems): TopicPattern[] {
  const sources = Array.isArray(value) ? (value as unknown[]) : [value];
  if (value === undefined || sources.length === 0) {
    problems.shape('/topic', 'topic is missing', 'Give a pattern such as "zigbee2mqtt/{device}".');
    return [];
  }
  if (sources.length > MAX_TOPICS) {
    problems.add(
      '/topic',
      'document-too-large',
      `topic has ${sources.length} patterns; at most ${MAX_TOPICS} are taken`,
    );
    return [];
  }
  const patterns: TopicPattern[] = [];
  for (const [i, source] of sources.entries()) {
    const at = Array.isArray(value) ? `/topic/${i}` : '/topic';
    const pattern = compileTopic(source, at, problems);
    if (!pattern) continue;
    if (patterns.some(({ key }) => key === pattern.key)) {
      problems.add(
        at,
        'topic-invalid',
        `the pattern ${pattern.source} stands there twice`,
        'Remove one of them.',
      );
    } else patterns.push(pattern);
  }
  return patterns;
}

/** One topic pattern. */
export function compileTopic(source: unknown, at: string, problems: Problems): TopicPattern | undefined {
  if (typeof source !== 'string') return problems.shape(at, `${at} is no topic pattern`, 'Give a string.');
  const pattern = TopicPattern.parse(source);
  if (pattern instanceof TopicPattern) return pattern;
  return problems.add(at, pattern.code, pattern.message);
}

/** The variables that every pattern binds. */
export function commonNames(patterns: readonly TopicPattern[]): Set<string> {
  const [first, ...others] = patterns;
  return new Set(first?.names.filter((name) => others.every((other) => other.names.includes(name))));
}

const TIME_MEMBERS = ['value', 'format', 'timezone'];

/** The reader of a `time` member: an expression, or one with format and time zone. */
export function compileTime(value: unknown, at: string, problems: Problems): TimeReader | undefined {
  if (value === undefined) return undefined;
  const rule = typeof value === 'string' ? { value } : problems.object(value, at, TIME_MEMBERS);
  if (!rule) return undefined;
  const place = typeof value === 'string' ? at : `${at}/value`;
  if (rule.value === undefined)
    return problems.shape(place, `${place} is missing`, 'Give a JSONata expression.');
  const expression = compileText(rule.value, place, problems);
  const { format: givenFormat, timezone: givenZone } = rule as { format?: unknown; timezone?: unknown };
  const format = problems.choice(givenFormat, `${at}/format`, TIME_FORMATS) ?? 'auto';
  const timezone = problems.text(givenZone, `${at}/timezone`);
  if (timezone !== undefined && !IANAZone.isValidZone(timezone)) {
    problems.add(`${at}/timezone`, 'timezone-unknown', `there is no time zone ${timezone}`);
  }
  return expression && new TimeReader(expression, readerOf(expression), format, timezone);
}

/** The codec of a `codec` member. */
export function compileCodec(
  value: unknown,
  codecs: readonly CodecFactory[],
  problems: Problems,
): Codec | undefined {
  const given = value ?? 'json';
  const { name, ...options } = isObject(given) ? given : { name: given };
  const at = isObject(given) ? '/codec/name' : '/codec';
  if (typeof name !== 'string')
    return problems.add(
      at,
      'codec-invalid',
      'the codec has no name',
      'Give "json", "text" or an object with name.',
    );
  const factory = codecs.find((one) => one.name === name);
  if (!factory) {
    const names = codecs.map((one) => one.name);
    const [near] = nearest(name, names);
    const hint = near === undefined ? `There are ${names.join(', ')}.` : `Did you mean ${near}?`;
    return problems.add(at, 'codec-unknown', `there is no codec ${name}`, hint);
  }
  const wrong = codecOptionsProblems(factory, options);
  for (const { path, message } of wrong) problems.add(`/codec${path}`, 'codec-invalid', message);
  return wrong.length === 0 ? factory.create(options) : undefined;
}
