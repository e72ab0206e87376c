import { FLAGS } from '#model';
import { ExpressionError, type Variables } from '../expressions/index.js';
import type { Resolved } from '../rules/reader.js';
import type { Template } from '../rules/template.js';
import type { ReadTime, TimeReader } from '../rules/time-reader.js';
import { Unfit } from '../rules/typed-value.js';
import { brief, type Trace } from '../trace.js';
import type { TopicVariables } from '../topic-pattern.js';

const ARRIVAL: ReadTime = { time: undefined, flags: 0 };
const UNREADABLE: ReadTime = { time: undefined, flags: FLAGS['time-unreadable'] };

/** Characters of the texts that are stored of a message: items may say the same text again and again. */
export const MAX_TEXTS = 4 * 1024 * 1024;

/** What the rules read of one item of a payload. What the document says for all is found once, when it is needed. */
export class Item {
  input: unknown;
  /** Its place among the items. */
  index = 0;
  #device: string | Unfit | undefined;
  #feature: string | Unfit | undefined;
  #featureKnown = false;
  #time: ReadTime | undefined;
  /** Characters of texts, of all items up to now. */
  #texts = 0;

  constructor(
    private readonly topic: TopicVariables,
    readonly variables: Variables,
    readonly resolved: Resolved | undefined,
    readonly trace: Trace | undefined,
  ) {}

  /** Goes on to an item. */
  next(input: unknown, index: number): void {
    this.input = input;
    this.index = index;
    this.#device = undefined;
    this.#featureKnown = false;
    this.#time = undefined;
  }

  /** Whether the message has room for a text of this length; it is counted then. */
  takes(length: number): boolean {
    if (this.#texts + length > MAX_TEXTS) return false;
    this.#texts += length;
    return true;
  }

  /** The id that the document's template yields. */
  device(template: Template): string | Unfit {
    return (this.#device ??= this.renderDevice(template));
  }

  renderDevice(template: Template, name?: string): string | Unfit {
    const text = this.#render(template);
    if (text instanceof Unfit) return text;
    if (text === undefined || text === '')
      return new Unfit('device-missing', `the template ${template.source} yields no id`);
    this.trace?.add('device', `${template.source} is ${brief(text)}`, name);
    return text;
  }

  /** The path that the document's template yields; undefined leaves it to the device's registration. */
  feature(template: Template): string | Unfit | undefined {
    if (!this.#featureKnown) {
      this.#feature = this.renderFeature(template);
      this.#featureKnown = true;
    }
    return this.#feature;
  }

  renderFeature(template: Template, name?: string): string | Unfit | undefined {
    const text = this.#render(template);
    if (text instanceof Unfit) return text;
    if (text === undefined || text === '') {
      this.trace?.add('feature', `${template.source} yields nothing: the device's registered feature`, name);
      return undefined;
    }
    this.trace?.add('feature', `${template.source} is ${brief(text)}`, name);
    return text;
  }

  /** The time that the document's rule yields. */
  time(reader: TimeReader | undefined): ReadTime {
    return (this.#time ??= this.readTime(reader));
  }

  /** A time that cannot be read is the arrival's, and says so. */
  readTime(reader: TimeReader | undefined, name?: string): ReadTime {
    if (!reader) return ARRIVAL;
    let time: ReadTime;
    try {
      time = reader.at(this.input, this.variables, this.resolved);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.trace?.add('time', `${error.message}: the time of arrival, flag time-unreadable`, name);
      return UNREADABLE;
    }
    this.trace?.add('time', sayTime(time), name);
    return time;
  }

  #render(template: Template): string | Unfit | undefined {
    try {
      return template.render(this.topic, this.input, this.variables, this.resolved);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return new Unfit(error.code, `${template.source}: ${error.message}`);
    }
  }
}

function sayTime({ time, flags }: ReadTime): string {
  if (time === undefined) {
    return flags === 0
      ? 'no time in the payload: the time of arrival'
      : 'unreadable: the time of arrival, flag time-unreadable';
  }
  const assumed = flags === 0 ? '' : ', no zone was named: UTC, flag zone-assumed';
  return new Date(time / 1000).toISOString() + assumed;
}
