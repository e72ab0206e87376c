import type { ErrorCode, Rejection, Stage } from '#model';
import {
  ExpressionError,
  type Asker,
  type Expression,
  type ExpressionJob,
  type Variables,
} from '../expressions/index.js';
import { Resolved } from '../rules/reader.js';
import { isRejection, type Rule } from '../rules/rule.js';
import { Unfit } from '../rules/typed-value.js';
import type { TopicPattern, TopicVariables } from '../topic-pattern.js';
import { brief, type Trace } from '../trace.js';
import type { CompiledSchema } from './compiled-schema.js';
import { Item, MAX_TEXTS } from './item.js';
import type { MapResult, MapTarget } from './map-result.js';
import { Targets, type Held } from './targets.js';

/** One message is mapped on the broker's thread. */
const MAX_ITEMS = 10_000;
/** Items times rules: each may be an observation. */
const MAX_VALUES = 20_000;
/** About a third of a second of the worker. */
const MAX_JOBS = 5000;

/**
 * Binds a schema to a topic that its pattern fits.
 * @param held counts what is remembered of the topic
 */
export function bindSchema(
  schema: CompiledSchema,
  pattern: TopicPattern,
  topic: string,
  held?: Held,
): BoundSchema {
  return new BoundSchema(schema, pattern.match(topic) ?? {}, held);
}

/** A schema bound to one topic: what the topic decides is decided once. */
export class BoundSchema {
  /** The device, where the topic alone names it. */
  readonly device: string | undefined;
  /** Of each rule from its first value on: of a topic's candidates most map nothing, and of their rules few yield. */
  readonly #targets: (Targets | undefined)[] = [];

  constructor(
    readonly schema: CompiledSchema,
    private readonly topic: TopicVariables,
    private readonly held: Held = { bytes: 0 },
  ) {
    const { device } = schema.parts;
    this.device = device?.fixed ? device.render(topic, undefined, {}, undefined) : undefined;
  }

  /** @throws CodecError */
  decode(bytes: Uint8Array): unknown {
    return this.schema.parts.codec.decode(bytes);
  }

  /** Whether the schema applies; a rejection when `match` fails. */
  matches(payload: unknown, asker: Asker): boolean | Rejection | Promise<boolean | Rejection> {
    const { condition, parts } = this.schema;
    if (!condition) return true;
    if (parts.match!.mode === 'compiled') return this.#holds(payload, undefined);
    return this.#evaluate([[parts.match!, payload]], payload, asker).then((resolved) =>
      this.#holds(payload, resolved),
    );
  }

  #holds(payload: unknown, resolved: Resolved | undefined): boolean | Rejection {
    try {
      return this.schema.condition!(payload, this.#variables(payload), resolved);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return { stage: 'match', code: error.code, message: `match: ${error.message}`, pointer: '/match' };
    }
  }

  /** Maps a payload that matches, for a message or who else asks. Waits only where an expression needs the worker. */
  map(payload: unknown, asker: Asker, trace?: Trace): MapResult | Promise<MapResult> {
    const result: MapResult = { values: [], rejected: [], device: this.device, items: 1 };
    const mismatch = this.schema.parts.payload?.check(payload);
    if (mismatch) {
      const message = `the payload does not satisfy the JSON Schema: ${mismatch.message}`;
      reject(result, 'check', 'payload-mismatch', message, mismatch.pointer);
      trace?.add('payload', message);
      return result;
    }
    return this.schema.waits
      ? this.#mapWaiting(payload, result, asker, trace)
      : this.#mapItems(payload, result, undefined, trace);
  }

  /** Has the worker evaluate what does not compile, all at once, then maps as if it had been compiled. */
  async #mapWaiting(
    payload: unknown,
    result: MapResult,
    asker: Asker,
    trace: Trace | undefined,
  ): Promise<MapResult> {
    const { inner, outer, parts } = this.schema;
    const resolved =
      parts.each?.mode === 'worker'
        ? await this.#evaluate([[parts.each, payload]], payload, asker)
        : new Resolved();
    const items = this.#items(payload, resolved, result, trace);
    const jobs: [Expression, unknown][] = [];
    for (const item of items) for (const expression of [...inner, ...outer]) jobs.push([expression, item]);
    if (parts.each) for (const expression of outer) jobs.push([expression, payload]);
    if (jobs.length > MAX_JOBS) {
      const message = `the payload asks for ${jobs.length} evaluations; at most ${MAX_JOBS} are made`;
      reject(result, 'map', 'each-too-many', message, '/each');
      return result;
    }
    await this.#evaluate(jobs, payload, asker, resolved);
    return this.#mapItems(payload, result, resolved, trace, items);
  }

  async #evaluate(
    jobs: readonly (readonly [Expression, unknown])[],
    payload: unknown,
    asker: Asker,
    resolved = new Resolved(),
  ): Promise<Resolved> {
    const { worker } = this.schema.parts.environment;
    const { topic } = this;
    const requests = jobs.map(([{ source }, input]): ExpressionJob => ({
      source,
      input,
      // The payload crosses to the thread only where it is asked for.
      variables: source.includes('$payload') ? { topic, payload } : { topic },
    }));
    const results = await worker.evaluate(requests, asker);
    for (const [i, [expression, input]] of jobs.entries()) resolved.set(expression, input, results[i]!);
    return resolved;
  }

  #mapItems(
    payload: unknown,
    result: MapResult,
    resolved: Resolved | undefined,
    trace: Trace | undefined,
    items: readonly unknown[] = this.#items(payload, resolved, result, trace),
  ): MapResult {
    const item = new Item(this.topic, this.#variables(payload), resolved, trace);
    const { each } = this.schema;
    result.items = items.length;
    for (let i = 0; i < items.length; i++) {
      if (trace) trace.item = each ? i : undefined;
      const told = result.rejected.length;
      item.next(items[i], i);
      this.#mapItem(item, result);
      if (each)
        for (let k = told; k < result.rejected.length; k++)
          result.rejected[k] = { ...result.rejected[k]!, item: i };
    }
    return result;
  }

  /** The payload, or what `each` yields. */
  #items(
    payload: unknown,
    resolved: Resolved | undefined,
    result: MapResult,
    trace: Trace | undefined,
  ): readonly unknown[] {
    const { each } = this.schema;
    if (!each) return [payload];
    let value: unknown;
    try {
      value = each(payload, this.#variables(payload), resolved);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      reject(result, 'map', error.code, `each: ${error.message}`, '/each');
      trace?.add('each', error.message);
      return [];
    }
    if (value === undefined || value === null) {
      trace?.add('each', 'yields nothing: no observation');
      return [];
    }
    if (!Array.isArray(value)) {
      trace?.add('each', `yields ${brief(value)}`);
      // A sequence of one is its item.
      if (typeof value === 'object') return [value];
      reject(result, 'map', 'each-not-array', `each yields ${brief(value)}`, '/each');
      return [];
    }
    trace?.add('each', `yields ${value.length} items`);
    const tooMany = this.#tooMany(value.length);
    if (tooMany === undefined) return value as unknown[];
    reject(result, 'map', 'each-too-many', tooMany, '/each');
    trace?.add('each', tooMany);
    return [];
  }

  #tooMany(items: number): string | undefined {
    if (items > MAX_ITEMS) return `each yields ${items} items; at most ${MAX_ITEMS} are read`;
    const { length: rules } = this.schema.parts.rules;
    if (items * rules <= MAX_VALUES) return undefined;
    return `each yields ${items} items for ${rules} rules; at most ${MAX_VALUES} values of a message are read`;
  }

  #mapItem(item: Item, result: MapResult): void {
    const { rules } = this.schema.parts;
    let deviceless = false;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]!;
      const read = rule.apply(item.input, item.variables, item.resolved, item.trace);
      if (read === undefined) continue;
      if (isRejection(read)) {
        result.rejected.push(read);
        continue;
      }
      const target = this.#target(rule, this.#targets[i] ?? this.#makeTargets(rule, i), item, result);
      if (target instanceof Unfit) {
        // The document's own device is missing for all rules alike: said once.
        if (rule.parts.device || target.code.startsWith('feature')) {
          result.rejected.push(rule.reject('map', target.code, target.message, item.trace));
        } else if (!deviceless) {
          deviceless = true;
          reject(result, 'map', target.code, target.message, '/device');
          item.trace?.add('device', target.message);
        }
        continue;
      }
      if (typeof read.value === 'string' && !item.takes(read.value.length)) {
        const message = `with its ${read.value.length} characters the texts of the message would have more than ${MAX_TEXTS}`;
        result.rejected.push(rule.reject('map', 'value-too-large', message, item.trace));
        continue;
      }
      const { name, time: own } = rule.parts;
      const { time, flags } = own ? item.readTime(own, name) : item.time(this.schema.parts.time);
      result.values.push({
        target,
        value: read.value,
        item: item.index,
        time,
        flags: read.flags | flags,
        series: target.series,
        schema: undefined,
        resultTime: 0,
        nth: 0,
        arrival: false,
        retained: false,
      });
      item.trace?.add(
        'result',
        `${target.property.term} of ${target.device}/${name}: ${brief(read.value)}`,
        name,
      );
    }
  }

  #makeTargets(rule: Rule, i: number): Targets {
    const { length } = this.schema.parts.rules;
    if (this.#targets.length === 0) {
      this.#targets.length = length;
      this.held.bytes += 8 * length;
    }
    return (this.#targets[i] = new Targets(rule, this.held));
  }

  #target(rule: Rule, targets: Targets, item: Item, result: MapResult): MapTarget | Unfit {
    const { parts } = this.schema;
    const { name, device: ownDevice, feature: ownFeature } = rule.parts;
    const device = ownDevice
      ? item.renderDevice(ownDevice, name)
      : (this.device ?? item.device(parts.device!));
    if (device instanceof Unfit) return device;
    if (!ownDevice) result.device ??= device;
    const feature = ownFeature
      ? item.renderFeature(ownFeature, name)
      : parts.feature && item.feature(parts.feature);
    return feature instanceof Unfit
      ? new Unfit('feature-invalid', feature.message)
      : targets.of(device, feature);
  }

  #variables(payload: unknown): Variables {
    return { topic: this.topic, payload };
  }
}

function reject(result: MapResult, stage: Stage, code: ErrorCode, message: string, pointer: string): void {
  result.rejected.push({ stage, code, message, pointer });
}
