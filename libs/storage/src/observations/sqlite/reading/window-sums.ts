import type { ValueType } from '#model';
import type { WindowSums } from '../../windows.js';
import type { Block } from '../body/body-table.js';
import { toValue } from '../record-batch.js';

/** Makes numbers small enough for a sum of them not to overflow, and loses no digit of a great one. */
const SCALE = 2 ** -64;

/** Adds up rows and whole blocks of one window, in whatever order. */
export class Accumulator {
  private count = 0;
  private sum = 0;
  private scaled = 0;
  private sine = 0;
  private cosine = 0;
  private min = Infinity;
  private max = -Infinity;
  private first: number | string = 0;
  private firstTime = Infinity;
  private firstNth = 0;
  private last: number | string = 0;
  private lastTime = -Infinity;
  private lastNth = 0;

  /** @param radians of one unit of a direction */
  constructor(private readonly radians: number | undefined) {}

  /** Whether a block's facts tell all that is needed of it. */
  static knows({ facts }: Block): boolean {
    return !facts.lastIsText && facts.firstNumber === facts.firstNumber && Number.isFinite(facts.sum);
  }

  addBlock({ count, time, nth, lastTime, facts }: Block): void {
    this.count += count;
    this.sum += facts.sum;
    this.scaled += facts.sum * SCALE;
    this.sine += facts.sine;
    this.cosine += facts.cosine;
    if (facts.min < this.min) this.min = facts.min;
    if (facts.max > this.max) this.max = facts.max;
    this.end(time, nth, facts.firstNumber);
    this.end(lastTime, facts.lastNth, facts.lastNumber);
  }

  addRow(time: number, nth: number, value: number | string): void {
    this.count++;
    if (typeof value === 'number') {
      this.sum += value;
      this.scaled += value * SCALE;
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
      if (this.radians !== undefined) {
        this.sine += Math.sin(value * this.radians);
        this.cosine += Math.cos(value * this.radians);
      }
    }
    this.end(time, nth, value);
  }

  sums(type: ValueType): WindowSums {
    const { count, sum, scaled, sine, cosine, min, max, firstTime, lastTime } = this;
    return {
      count,
      sum,
      mean: Number.isFinite(sum) ? sum / count : scaled / count / SCALE,
      sine,
      cosine,
      min,
      max,
      first: toValue(this.first, type),
      firstTime,
      last: toValue(this.last, type),
      lastTime,
    };
  }

  private end(time: number, nth: number, value: number | string): void {
    if (time < this.firstTime || (time === this.firstTime && nth < this.firstNth)) {
      this.first = value;
      this.firstTime = time;
      this.firstNth = nth;
    }
    if (time > this.lastTime || (time === this.lastTime && nth >= this.lastNth)) {
      this.last = value;
      this.lastTime = time;
      this.lastNth = nth;
    }
  }
}
