import fc from 'fast-check';
import { Fifo } from './fifo.js';

/** Items that come one after the other, or go. */
const steps = fc.array(
  fc.oneof(
    fc.record({ come: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ go: fc.integer({ min: 1, max: 900 }) }),
    fc.constant('clear' as const),
  ),
  { maxLength: 20 },
);

it('gives what came, in order', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const fifo = new Fifo<number>();
      let expected: number[] = [];
      let next = 0;
      for (const step of list) {
        if (step === 'clear') {
          expect(fifo.clear()).toEqual(expected);
          expected = [];
        } else if ('come' in step) {
          for (let i = 0; i < step.come; i++) {
            fifo.push(next);
            expected.push(next++);
          }
        } else for (let i = 0; i < step.go; i++) expect(fifo.shift()).toBe(expected.shift());
        expect(fifo).toHaveLength(expected.length);
        expect(fifo.first).toBe(expected[0]);
        expect([...fifo]).toEqual(expected);
      }
    }),
  );
});
