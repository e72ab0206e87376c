import fc from 'fast-check';
import type { ObservationFormat, ObservationRecord, Series } from '#model';
import {
  BASE,
  EVERY_PROPERTY,
  HARD_NAMES,
  PROPERTIES,
  seriesOf,
  VARIANTS,
} from '../../../../test/fixtures/observation-samples.js';
import { PageEncoder } from './page-encoder.js';
import { createPageWriter } from './page-writer.js';
import type { ReadConversion } from './quantity.js';

const FORMATS: readonly ObservationFormat[] = ['json', 'ndjson', 'csv', 'turtle', 'n-quads'];
const ID = `${BASE}/api/observations?limit=5&cursor=a|b`;

type Row = readonly [record: ObservationRecord, conversion?: ReadConversion | undefined];

function printed(format: ObservationFormat, rows: readonly Row[]): string {
  const writer = createPageWriter(format, { baseUrl: BASE, id: ID });
  return [
    writer.head(),
    ...rows.map(([record, conversion], i) => writer.row(record, conversion, i)),
    writer.tail(`${BASE}/next`),
  ].join('');
}

/** Writes each row between other bytes, within its bound. */
function encoded(encoder: PageEncoder, rows: readonly Row[]): string {
  const page = encoder.page(ID);
  let text = page.head();
  for (const [record, conversion] of rows) {
    const bound = page.prepare(record, conversion);
    const buffer = Buffer.alloc(bound + 10, 0x2e);
    const end = page.write(buffer, 5);
    expect(end - 5).toBeLessThanOrEqual(bound);
    expect(buffer.toString('latin1', 0, 5)).toBe('.....');
    expect(buffer[end]).toBe(0x2e);
    text += buffer.toString('utf8', 5, end);
  }
  return text + page.tail(`${BASE}/next`);
}

describe.each(FORMATS)('%s', (format) => {
  it('is what the writer prints, for every property, flag, time and value, in the first page and those behind it', () => {
    const rows = [...EVERY_PROPERTY, ...VARIANTS].map((record): Row => [record]);
    const encoder = new PageEncoder(format, BASE);
    for (let page = 0; page < 3; page++) expect(encoded(encoder, rows)).toBe(printed(format, rows));
  });

  it('is what the writer prints, whatever the names, times, values, schemas and units', () => {
    const temperature = PROPERTIES.find(({ term }) => term === 'AirTemperature')!;
    const opened = PROPERTIES.find(({ term }) => term === 'Opened')!;
    const encoder = new PageEncoder(format, BASE);
    const schemas = [1, 2].map((version) => ({ id: version, schema: 's', version }));
    const conversion = { unit: 'DEG_F', apply: (value: number) => value * 1.8 + 32 };
    const name = fc.constantFrom(...HARD_NAMES);
    let id = 0;
    fc.assert(
      fc.property(
        fc.array(fc.record({ device: name, name, property: fc.constantFrom(temperature, opened) }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(
          fc.record({
            at: fc.nat(2),
            time: fc.integer({ min: -62_135_596_800_000_000, max: 253_402_300_799_999_999 }),
            lag: fc.integer({ min: 0, max: 5 }),
            nth: fc.nat(1),
            number: fc.double({ noNaN: true, noDefaultInfinity: true }),
            flags: fc.constantFrom(0, 0, 0, 1),
            schema: fc.nat(1),
            converted: fc.boolean(),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        (homes, values) => {
          const all = homes.map(({ property, ...more }) => seriesOf(property, { id: ++id, ...more }));
          const rows = values.map(({ at, time, lag, number, schema, converted, ...more }): Row => {
            const series: Series = all[at % all.length]!;
            const value = series.type === 'state' ? number > 0 : number;
            const record = { series, time, resultTime: time + lag, schema: schemas[schema]!, value, ...more };
            return [record, converted && series.type === 'quantity' ? conversion : undefined];
          });
          // An encoder's rows are all converted, or none is.
          const alike = rows.filter(([, one]) => one === rows[0]![1]);
          expect(encoded(new PageEncoder(format, BASE), alike)).toBe(printed(format, alike));
          const plain = rows.map(([record]): Row => [record]);
          expect(encoded(encoder, plain)).toBe(printed(format, plain));
        },
      ),
    );
  });

  it('is what the writer prints, of names that look like what changes in a row', () => {
    const temperature = PROPERTIES.find(({ term }) => term === 'AirTemperature')!;
    const names = [
      '9876-01-02T03:04:05.006543Z',
      '9875-02-03T04:05:06.007432Z',
      '8.7654321098765e-123',
      '8.7654321098765E-123',
      '9876543210123',
      'urn:glossa:9876543210',
    ];
    const encoder = new PageEncoder(format, BASE);
    const rows = names.flatMap((name, i): Row[] => {
      const series = seriesOf(temperature, { id: i + 1, device: name, name, feature: name });
      const schema = { id: 1, schema: 's', version: 1 };
      return [8.7654321098765e-123, 1, 2].map((value, time) => [
        { series, time, nth: 0, value, resultTime: 3, schema, flags: 0 },
      ]);
    });
    expect(encoded(encoder, rows)).toBe(printed(format, rows));
  });
});
