import { jest } from '@jest/globals';
import {
  FIRST_PAUSE_MS,
  LAST_PAUSE_MS,
  Suspension,
  TIMEOUTS,
  TIMEOUTS_WITHIN_MS,
  type SuspensionNotice,
} from './suspension.js';

const LIMIT = 'the expression took longer than 100 ms';
let told: (SuspensionNotice | undefined)[];
let suspension: Suspension;

beforeEach(() => {
  jest.useFakeTimers();
  told = [];
  suspension = new Suspension('slow', (_schema, notice) => told.push(notice));
});
afterEach(() => {
  jest.useRealTimers();
});

/** A message that is admitted and ends like this. */
function message(limit?: string): void {
  const admission = suspension.admit();
  if (typeof admission === 'object') throw new Error(admission.message);
  suspension.evaluated(admission, limit);
}

const suspend = () => {
  for (let i = 0; i < TIMEOUTS; i++) message(LIMIT);
};

describe('a schema whose messages run into a limit', () => {
  it('is suspended by the fifth within a minute, and says why and since when', () => {
    for (let i = 1; i < TIMEOUTS; i++) message(LIMIT);
    message();
    expect(suspension.notice).toBeUndefined();
    message(LIMIT);
    const since = new Date().toISOString();
    const retry = new Date(Date.now() + FIRST_PAUSE_MS).toISOString();
    expect(suspension.notice).toEqual({ since, reason: LIMIT, retry });
    expect(told).toEqual([suspension.notice]);
    expect(suspension.admit()).toEqual({
      stage: 'match',
      code: 'schema-suspended',
      message: `the schema slow is suspended since ${since}: ${LIMIT}`,
    });
  });

  it('stays in service when they are rare', () => {
    for (let i = 0; i < 3 * TIMEOUTS; i++) {
      message(LIMIT);
      jest.advanceTimersByTime(TIMEOUTS_WITHIN_MS / (TIMEOUTS - 1));
    }
    expect(told).toEqual([]);
  });

  it('has one message tried after a pause, which doubles up to an hour', () => {
    suspend();
    const { since } = suspension.notice!;
    for (const minutes of [5, 10, 20, 40, 60, 60]) {
      jest.advanceTimersByTime(minutes * 60_000 - 1);
      expect(suspension.admit()).toMatchObject({ code: 'schema-suspended' });
      jest.advanceTimersByTime(1);
      expect(suspension.admit()).toBe('tries');
      // The others wait for what becomes of it.
      expect(suspension.admit()).toMatchObject({ code: 'schema-suspended' });
      suspension.evaluated('tries', LIMIT);
      expect(suspension.notice?.since).toBe(since);
    }
    jest.advanceTimersByTime(LAST_PAUSE_MS);
    message();
    expect(suspension.notice).toBeUndefined();
    expect(told.at(-1)).toBeUndefined();
    expect(suspension.admit()).toBe('maps');
    suspend();
    jest.advanceTimersByTime(FIRST_PAUSE_MS);
    expect(suspension.admit()).toBe('tries');
  });

  it('tries the next message when the one to be tried was not evaluated', () => {
    suspend();
    jest.advanceTimersByTime(FIRST_PAUSE_MS);
    expect(suspension.admit()).toBe('tries');
    suspension.passed();
    expect(suspension.admit()).toBe('tries');
  });

  it('is told once, whatever was under way', () => {
    const admitted = Array.from({ length: 3 * TIMEOUTS }, () => suspension.admit() as 'maps');
    for (const [i, admission] of admitted.entries())
      suspension.evaluated(admission, i % 2 ? LIMIT : undefined);
    for (const admission of admitted) suspension.evaluated(admission, LIMIT);
    expect(told).toHaveLength(1);
    jest.advanceTimersByTime(FIRST_PAUSE_MS);
    expect(suspension.admit()).toBe('tries');
  });
});
