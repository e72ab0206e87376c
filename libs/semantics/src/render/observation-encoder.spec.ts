import fc from 'fast-check';
import { formatMicros, writeMicros, type ObservationRecord } from '#model';
import {
  BASE,
  HARD_NAMES,
  PROPERTIES,
  seriesOf,
  T0,
  valueOf,
} from '../../../../test/fixtures/observation-samples.js';
import { ObservationEncoder } from './observation-encoder.js';
import { ObservationRenderer } from './observation-renderer.js';

const renderer = new ObservationRenderer(BASE);
const encoder = new ObservationEncoder(renderer);

/** Writes between other bytes, within the bound. */
function encode(record: ObservationRecord): string {
  const bound = encoder.bound(record);
  const buffer = Buffer.alloc(bound + 10, 0x2e);
  const end = encoder.write(record, buffer, 5);
  expect(end - 5).toBeLessThanOrEqual(bound);
  expect(buffer.subarray(0, 5).toString()).toBe('.....');
  expect(buffer[end]).toBe(0x2e);
  return buffer.toString('utf8', 5, end);
}

let id = 0;
const schema = { id: 1, schema: 'climate', version: 3 };

describe('ObservationEncoder', () => {
  it('writes what the renderer prints, for every property', () => {
    for (const property of PROPERTIES) {
      const record = {
        series: seriesOf(property, { id: ++id }),
        time: T0,
        nth: 0,
        value: valueOf(property),
        resultTime: T0 + 1500,
        schema,
        flags: 0,
      };
      expect(encode(record)).toBe(renderer.json(record));
    }
  });

  it('writes what the renderer prints, whatever the names, times, values, flags and schemas', () => {
    const temperature = PROPERTIES.find(({ term }) => term === 'AirTemperature')!;
    const opened = PROPERTIES.find(({ term }) => term === 'Opened')!;
    const name = fc.constantFrom(...HARD_NAMES);
    const series = fc.record({
      device: name,
      name,
      feature: fc.oneof(fc.constant(''), name),
      property: fc.constantFrom(temperature, opened),
    });
    const time = fc.integer({ min: -62_135_596_800_000_000, max: 253_402_300_799_999_999 });
    fc.assert(
      fc.property(
        fc.array(series, { minLength: 1, maxLength: 3 }),
        fc.array(
          fc.record({
            time,
            lag: fc.integer({ min: 0, max: 5 }),
            nth: fc.integer({ min: 0, max: 12 }),
            number: fc.double({ noNaN: true, noDefaultInfinity: true }),
            flags: fc.integer({ min: 0, max: 15 }),
            version: fc.integer({ min: 1, max: 2 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        (all, values) => {
          const known = all.map(({ property, ...more }) => seriesOf(property, { id: ++id, ...more }));
          for (const one of known) {
            for (const { time: t, lag, nth, number, flags, version } of values) {
              const value = one.type === 'state' ? number > 0 : number;
              const record = {
                series: one,
                time: t,
                nth,
                value,
                resultTime: t + lag,
                schema: { id: version, schema: 's', version },
                flags,
              };
              expect(encode(record)).toBe(renderer.json(record));
            }
          }
        },
      ),
    );
  });
});

describe('writeMicros', () => {
  it('writes what formatMicros prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200_000_000, max: Number.MAX_SAFE_INTEGER }), (t) => {
        const buffer = Buffer.alloc(40);
        expect(buffer.toString('latin1', 0, writeMicros(buffer, 0, t))).toBe(formatMicros(t));
      }),
    );
  });
});
