import type { ObservationRecord } from '#model';
import {
  BASE,
  EVERY_PROPERTY,
  TEXT,
  VARIANTS,
  hub,
  recordOf,
  seriesOf,
} from '../../../../test/fixtures/observation-samples.js';
import { quadsOf } from '../../../../test/fixtures/rdf-graphs.js';
import { ObservationRenderer } from './observation-renderer.js';
import { createPageWriter, csvCell } from './page-writer.js';

const renderer = new ObservationRenderer(BASE);

function page(format: Parameters<typeof createPageWriter>[0], records: readonly ObservationRecord[]): string {
  const writer = createPageWriter(format, { baseUrl: BASE, id: `${BASE}/api/observations` });
  return [writer.head(), ...records.map((record, i) => writer.row(record, undefined, i)), writer.tail()].join(
    '',
  );
}

/** RFC 4180, as its grammar reads. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
  for (let row: string[] = []; cell.lastIndex < text.length;) {
    const match = cell.exec(text);
    if (!match) throw new Error(`not CSV: ${text}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('CSV', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    [' space ', ' space '],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    ['=1+1', '=1+1'],
  ])('quotes %j as %s', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
    expect(parseCsv(`${cell},end\r\n`)).toEqual([[text, 'end']]);
  });

  it.each([
    ['every property', EVERY_PROPERTY],
    ['every name, flag, time and value', VARIANTS],
  ])('of %s comes back', (_, records) => {
    const [header, ...rows] = parseCsv(page('csv', records));
    expect(header).toEqual(
      'device,datastream,property,feature,phenomenonTime,resultTime,value,unit,quality,schema,id'.split(','),
    );
    expect(rows).toHaveLength(records.length);
    for (const [i, cells] of rows.entries()) {
      const { series, value } = records[i]!;
      const json = renderer.object(records[i]!) as Record<string, unknown>;
      expect(cells).toEqual([
        series.device,
        series.name,
        json.observedProperty,
        series.feature,
        json.phenomenonTime,
        json.resultTime,
        String(value),
        series.unit === '' ? '' : `unit:${series.unit}`,
        ((json.quality as string[] | undefined) ?? []).join(' '),
        'zigbee2mqtt-climate/versions/1',
        json.id,
      ]);
      if (typeof value === 'number') expect(Number(cells[6])).toBe(value);
    }
  });
});

describe('a conversion on read', () => {
  const temperature = hub.property('AirTemperature')!;
  const record = recordOf(temperature, { value: 20, series: seriesOf(temperature, { id: 1 }) });
  const conversion = { unit: 'DEG_F', apply: (value: number) => value * 1.8 + 32 };

  it.each(['json', 'ndjson', 'csv', 'turtle', 'n-quads'] as const)('stands in %s', (format) => {
    const writer = createPageWriter(format, { baseUrl: BASE, id: BASE });
    const row = writer.row(record, conversion, 0);
    const value = { json: '68', ndjson: '68', csv: '68', turtle: '6.8E1', 'n-quads': '6.8E1' }[format];
    expect(row).toContain(value);
    expect(row).toContain('DEG_F');
    expect(row).not.toContain('DEG_C');
  });
});

describe('texts', () => {
  it.each(['turtle', 'n-quads'] as const)('are escaped in %s and come back', (format) => {
    const record = recordOf(hub.property('Note')!, { value: TEXT });
    const quads = quadsOf(page(format, [record]), format === 'turtle' ? 'Turtle' : 'N-Quads');
    expect(quads.map(({ object }) => object.value)).toContain(TEXT);
  });

  it('do not break the line in N-Quads and NDJSON', () => {
    const record = recordOf(hub.property('Note')!, { value: TEXT });
    expect(page('ndjson', [record]).trimEnd().split('\n')).toHaveLength(1);
    for (const line of page('n-quads', [record]).trimEnd().split('\n')) expect(line).toMatch(/ \.$/);
  });
});

describe('Turtle', () => {
  it('abbreviates what it has prefixes for, and writes the rest in full', () => {
    const text = page('turtle', [recordOf(hub.property('OilTemperature')!)]);
    expect(text).toContain('sosa:observedProperty <http://localhost:3000/api/properties/OilTemperature>');
    expect(text).toContain('qudt:hasUnit unit:DEG_C');
    expect(text).toContain('a sosa:Observation ;');
  });
});

describe('blank nodes', () => {
  it('of N-Quads are one an observation', () => {
    const quantities = EVERY_PROPERTY.filter(({ series }) => series.type === 'quantity').slice(0, 20);
    const labels = page('n-quads', quantities).match(/_:b\d+/g)!;
    expect(new Set(labels).size).toBe(quantities.length);
  });
});
