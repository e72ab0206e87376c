import { nowMicros, type RawMessage } from '#model';
import { Arrivals } from './arrivals.js';

const SECOND = 1_000_000;
const message = (received: number, replayed = false) => ({ received, replayed }) as RawMessage;

describe('times of arrival', () => {
  /** The times that messages get in this order, as offsets. */
  const settle = (base: number, ...messages: [offset: number, items?: number][]) => {
    const arrivals = new Arrivals();
    return messages.map(([offset, items]) => {
      const raw = message(base + offset);
      arrivals.settle(raw, items);
      return raw.received - base;
    });
  };

  it('leave room for the items of each message', () => {
    expect(settle(nowMicros(), [0, 3], [0], [1], [10])).toEqual([0, 3, 4, 10]);
  });

  it('are those of no other message when some waited for seconds, and those after them as well', () => {
    const now = nowMicros();
    const times = settle(now - 5 * SECOND, [0], [4 * SECOND, 5], [0, 2], [0, 2], [4 * SECOND]);
    expect(times).toEqual([0, 4 * SECOND, 4 * SECOND + 5, 4 * SECOND + 7, 4 * SECOND + 9]);
  });

  it('follow a clock that was set back', () => {
    const hour = 3600 * SECOND;
    expect(settle(nowMicros(), [hour], [0], [1])).toEqual([hour, 0, 1]);
  });

  it('stay as they are when a message runs again', () => {
    const arrivals = new Arrivals();
    arrivals.settle(message(nowMicros()));
    const raw = message(nowMicros() - 1, true);
    const { received } = raw;
    arrivals.settle(raw);
    expect(raw.received).toBe(received);
  });
});
