import { LastKnown } from './last-known.js';

describe('the last known answer', () => {
  it('is the new one where there is one in time', async () => {
    let n = 0;
    const known = new LastKnown(() => Promise.resolve(++n), 10_000);
    expect(await Promise.all([known.get(), known.get()])).toEqual([1, 1]);
    expect(await known.get()).toBe(2);
  });

  it('is an old one while nobody answers, or where the question fails', async () => {
    let answer: (n: number) => void = () => undefined;
    let asked = 0;
    const questions = [
      () => Promise.resolve(1),
      () => new Promise<number>((resolve) => (answer = resolve)),
      () => Promise.reject(new Error('the thread ended')),
      () => Promise.resolve(4),
    ];
    const known = new LastKnown(() => questions[asked++]!(), 1);
    expect([await known.get(), await known.get(), await known.get(), asked]).toEqual([1, 1, 1, 2]);
    answer(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect([await known.get(), asked]).toEqual([2, 3]);
    expect(await known.get()).toBe(4);
  });

  it('is none before the first', async () => {
    const known = new LastKnown(() => Promise.reject(new Error('not open')), 1);
    expect(await known.get()).toBeUndefined();
  });
});
