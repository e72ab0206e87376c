import { isName, pointer, type ObservableProperty } from '#model';
import { nameUnit, type UnitTable } from '#semantics';
import type { MappingEnvironment } from '../environment.js';
import type { Expression } from '../expressions/index.js';
import { conditionReader } from '../rules/condition.js';
import { memberReader, readerOf } from '../rules/reader.js';
import { Rule, type RuleParts } from '../rules/rule.js';
import { typedValue, Unfit } from '../rules/typed-value.js';
import { conversionFor, UnitReader, type UnitConversion } from '../rules/unit-reader.js';
import { brief } from '../trace.js';
import { compileTemplate, compileText, compileTime } from './compile-parts.js';
import { isObject, type Problems } from './problems.js';

const MEMBERS = [
  'value',
  'property',
  'unit',
  'values',
  'range',
  'outOfRange',
  'when',
  'device',
  'feature',
  'time',
] as const;

const MAX_VALUES = 1000;

/** Compiles the rule of one datastream, naming every problem; undefined when there is one. */
export function compileRule(
  name: string,
  document: unknown,
  topicNames: ReadonlySet<string>,
  environment: MappingEnvironment,
  problems: Problems,
): Rule | undefined {
  const at = pointer('observations', name);
  const before = problems.list.length;
  if (!isName(name)) {
    problems.add(at, 'datastream-invalid', `${brief(name)} is no datastream name`);
  }
  const rule = problems.object(document, at, MEMBERS);
  if (!rule) return undefined;
  const property = compileProperty(rule.property, `${at}/property`, environment, problems);
  const value = compileText(rule.value, `${at}/value`, problems);
  const when = compileText(rule.when, `${at}/when`, problems);
  const device = compileTemplate(rule.device, `${at}/device`, topicNames, problems);
  const feature = compileTemplate(rule.feature, `${at}/feature`, topicNames, problems);
  const time = compileTime(rule.time, `${at}/time`, problems);
  const unit = property && compileUnit(rule.unit, `${at}/unit`, property, environment.hub.units, problems);
  const values = property && compileValues(rule.values, `${at}/values`, property, problems);
  const range = property && compileRange(rule.range, `${at}/range`, property, problems);
  const outOfRange = problems.choice(rule.outOfRange, `${at}/outOfRange`, ['flag', 'reject'] as const);
  if (rule.outOfRange !== undefined && rule.range === undefined) {
    problems.shape(`${at}/outOfRange`, 'outOfRange has no range to go by', 'Add "range": [min, max].');
  }
  if (problems.list.length > before || !property) return undefined;
  const inner = present([value, when]);
  const outer = present([
    time?.expression,
    unit instanceof UnitReader ? unit.expression : undefined,
    ...(device?.expressions ?? []),
    ...(feature?.expressions ?? []),
  ]);
  const parts: RuleParts = {
    name,
    property,
    read: value ? readerOf(value) : memberReader(name),
    ...(when && { when: conditionReader(when) }),
    ...(unit && { unit }),
    ...(values && { values }),
    ...(range && { range }),
    outOfRange: outOfRange ?? 'flag',
    ...(device && { device }),
    ...(feature && { feature }),
    ...(time && { time }),
    inner,
    outer,
    reads: [...(value?.reads ?? [pointer(name)]), ...outer.flatMap(({ reads }) => [...reads])],
    looks: [...(when?.reads ?? [])],
  };
  return new Rule(parts);
}

function present(expressions: readonly (Expression | undefined)[]): Expression[] {
  return expressions.filter((expression) => expression !== undefined);
}

function compileProperty(
  ref: unknown,
  at: string,
  { hub }: MappingEnvironment,
  problems: Problems,
): ObservableProperty | undefined {
  if (typeof ref !== 'string' || ref === '') {
    return problems.shape(
      at,
      'property is missing',
      'Name an observable property, such as "AirTemperature".',
    );
  }
  const property = hub.property(ref);
  if (property) return property;
  const near = hub.suggest(ref);
  const hint = near.length > 0 ? `Did you mean ${near.join(', ')}?` : undefined;
  return problems.add(at, 'property-unknown', `there is no observable property ${brief(ref)}`, hint);
}

function compileUnit(
  unit: unknown,
  at: string,
  property: ObservableProperty,
  units: UnitTable,
  problems: Problems,
): UnitConversion | UnitReader | undefined {
  if (property.type !== 'quantity') {
    if (unit === undefined) return undefined;
    return problems.add(at, 'unit-unexpected', `${property.term} is no quantity and takes no unit`);
  }
  if (unit === undefined) {
    const canonical = property.unit === undefined ? undefined : units.get(property.unit);
    const hint =
      canonical && `${property.term} is kept in ${nameUnit(canonical)}; say which unit the payload has.`;
    return problems.add(at, 'unit-missing', `${property.term} is a quantity: its unit is missing`, hint);
  }
  if (typeof unit === 'string') return resolve(unit, at, property, units, problems);
  const rule = problems.object(unit, at, ['value', 'map']);
  if (!rule) return undefined;
  if (rule.value === undefined) {
    return problems.shape(
      `${at}/value`,
      'the unit has no value',
      'Give a JSONata expression that yields the spelling.',
    );
  }
  const expression = compileText(rule.value, `${at}/value`, problems);
  const map = compileUnitMap(rule.map, `${at}/map`, property, units, problems);
  return expression && new UnitReader(expression, readerOf(expression), map, property, units);
}

function resolve(
  spelling: string,
  at: string,
  property: ObservableProperty,
  units: UnitTable,
  problems: Problems,
): UnitConversion | undefined {
  const found = conversionFor(spelling, property, units);
  return 'code' in found ? problems.add(at, found.code, found.message, found.hint) : found;
}

function compileUnitMap(
  map: unknown,
  at: string,
  property: ObservableProperty,
  units: UnitTable,
  problems: Problems,
): Readonly<Record<string, string>> | undefined {
  if (map === undefined) return undefined;
  if (!isObject(map)) return problems.shape(at, 'map is no object', 'Give { "F": "°F", "C": "°C" }.');
  for (const [said, spelling] of Object.entries(map)) {
    const place = at + pointer(said);
    if (typeof spelling === 'string') resolve(spelling, place, property, units, problems);
    else problems.shape(place, `${place} is no unit`, 'Give a string.');
  }
  return map as Readonly<Record<string, string>>;
}

function compileValues(
  values: unknown,
  at: string,
  property: ObservableProperty,
  problems: Problems,
): RuleParts['values'] {
  if (values === undefined) return undefined;
  if (!isObject(values) || Object.keys(values).length === 0) {
    return problems.shape(
      at,
      'values is no object of raw value and meaning',
      'Give { "ON": true, "OFF": false }.',
    );
  }
  if (Object.keys(values).length > MAX_VALUES) {
    return problems.add(at, 'document-too-large', `values has more than ${MAX_VALUES} entries`);
  }
  for (const [raw, meant] of Object.entries(values)) {
    const plain = typeof meant === 'boolean' || typeof meant === 'string' || typeof meant === 'number';
    const typed = plain
      ? typedValue(meant, property)
      : new Unfit('value-not-text', `${brief(meant)} is no value`);
    if (!(typed instanceof Unfit)) continue;
    const hint = property.type === 'state' ? `${property.term} takes true or false.` : undefined;
    problems.shape(at + pointer(raw), `${property.term}: ${typed.message}`, hint);
  }
  return values as RuleParts['values'];
}

function compileRange(
  range: unknown,
  at: string,
  property: ObservableProperty,
  problems: Problems,
): readonly [number, number] | undefined {
  if (range === undefined) return undefined;
  const usable =
    Array.isArray(range) &&
    range.length === 2 &&
    range.every((bound) => typeof bound === 'number' && Number.isFinite(bound));
  if (!usable || range[0] > range[1]) {
    return problems.shape(
      at,
      'range is no [min, max]',
      "Give two numbers in the rule's unit, the smaller one first.",
    );
  }
  if (property.type !== 'quantity')
    return problems.shape(at, `${property.term} is no quantity and has no range`);
  return range as unknown as readonly [number, number];
}
