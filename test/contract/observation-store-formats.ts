import { Parser } from 'n3';
import { NS, OBSERVATION_FORMATS, type ObservationFormat, type Render } from '#model';
import {
  messageOf,
  render,
  seriesOf,
  sharedStore,
  T0,
  textOf,
  valueOf,
  type MakeStore,
} from './observation-store-fixtures.js';

/** Pages in every serialisation, and values in other units. */
export function formatsContract(make: MakeStore): void {
  const store = sharedStore(make);

  const a = seriesOf(1, { feature: 'home/küche' });
  const b = seriesOf(2, { name: 'opened', property: 'Opened', kind: 'State', type: 'state', unit: '' });
  const c = seriesOf(3, {
    name: 'note',
    property: 'Note',
    kind: 'Text',
    type: 'text',
    unit: '',
    origin: 'own',
  });
  const fill = () =>
    store().append(
      messageOf([
        valueOf(a, T0, 21.5),
        valueOf(b, T0 + 1, true, { flags: 1 }),
        valueOf(c, T0 + 2, 'said "ü,🌡"\n'),
        valueOf(a, T0 + 3, -4),
      ]),
    );
  const read = async (format: ObservationFormat, limit = 100, more: Partial<Render> = {}) =>
    textOf(await store().query({ series: [1, 2, 3], order: 'asc', limit }, { ...render, format, ...more }));

  describe('formats', () => {
    it('writes a collection in JSON, with the next page', async () => {
      await fill();
      const page = JSON.parse(await read('json', 3));
      expect(page).toMatchObject({ id: render.id, type: 'ObservationCollection' });
      expect(page.member).toHaveLength(3);
      expect(page.member[0].hasResult.numericValue).toBe(21.5);
      expect(page.member[1]).toMatchObject({ hasSimpleResult: true, quality: ['out-of-range'] });
      expect(page.next.startsWith(render.nextPrefix)).toBe(true);
      expect('next' in JSON.parse(await read('json', 4))).toBe(false);
    });

    it('writes the same rows in every format', async () => {
      await fill();
      const count = (text: string, pattern: RegExp) => text.match(pattern)?.length;
      expect(
        (await read('ndjson'))
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).type),
      ).toHaveLength(4);
      expect(count(await read('csv'), /^device-/gm)).toBe(4);
      for (const format of ['turtle', 'n-quads'] as const) {
        const quads = new Parser({ format: format === 'turtle' ? 'Turtle' : 'N-Quads' }).parse(
          await read(format),
        );
        const members = quads.filter(({ predicate }) => predicate.value === `${NS.sosa}hasMember`);
        expect(members).toHaveLength(4);
        expect(quads.some(({ object }) => object.value === 'said "ü,🌡"\n')).toBe(true);
      }
    });

    it('writes well-formed pages of no rows, and of many chunks', async () => {
      for (const format of OBSERVATION_FORMATS) await read(format);
      expect(JSON.parse(await read('json')).member).toEqual([]);
      const rows = Array.from({ length: 2000 }, (_, i) => valueOf(a, T0 + i, i));
      await store().append(messageOf(rows));
      const page = JSON.parse(await read('json', 2000));
      expect(
        page.member.map((one: { hasResult: { numericValue: number } }) => one.hasResult.numericValue),
      ).toEqual(rows.map(({ value }) => value));
    });

    it('writes the newest too', async () => {
      await fill();
      const page = await store().latest({ series: [1, 2, 3], limit: 10 }, { ...render, format: 'json' });
      expect(page.count).toBe(3);
      expect(JSON.parse(await textOf(page)).member).toHaveLength(3);
    });

    it('converts quantities on read and leaves the rest', async () => {
      await fill();
      const page = JSON.parse(await read('json', 100, { unit: 'DEG_F' }));
      const results = page.member.map((one: Record<string, unknown>) => one.hasSimpleResult ?? one.hasResult);
      expect(results).toEqual([
        { type: 'QuantityValue', numericValue: 70.7, unit: 'unit:DEG_F' },
        true,
        'said "ü,🌡"\n',
        { type: 'QuantityValue', numericValue: 24.8, unit: 'unit:DEG_F' },
      ]);
      expect(await read('csv', 100, { unit: 'DEG_F' })).toContain(',70.7,unit:DEG_F,');
    });

    it('leaves a value in its unit that would be too great in another', async () => {
      const length = seriesOf(4, { name: 'length', property: 'Length', kind: 'Length', unit: 'M' });
      await store().append(messageOf([valueOf(length, T0, 1e307), valueOf(length, T0 + 1, 2)]));
      const read = async (format: ObservationFormat) =>
        textOf(
          await store().query({ series: [4], order: 'asc', limit: 9 }, { ...render, format, unit: 'MilliM' }),
        );
      const { member } = JSON.parse(await read('json'));
      expect(member.map((one: { hasResult: object }) => one.hasResult)).toEqual([
        { type: 'QuantityValue', numericValue: 1e307, unit: 'unit:M' },
        { type: 'QuantityValue', numericValue: 2000, unit: 'unit:MilliM' },
      ]);
      const csv = await read('csv');
      expect(csv).toContain(',1e+307,unit:M,');
      expect(csv).toContain(',2000,unit:MilliM,');
      for (const format of ['turtle', 'n-quads'] as const) {
        const quads = new Parser({ format: format === 'turtle' ? 'Turtle' : 'N-Quads' }).parse(
          await read(format),
        );
        const objects = (predicate: string) =>
          quads
            .filter((one) => one.predicate.value === NS.qudt + predicate)
            .map(({ object }) => object.value);
        expect(objects('numericValue').map(Number)).toEqual([1e307, 2000]);
        expect(objects('hasUnit')).toEqual([`${NS.unit}M`, `${NS.unit}MilliM`]);
      }
    });

    it('refuses a unit that does not fit, before the first byte', async () => {
      await fill();
      await expect(read('json', 100, { unit: 'KiloGM' })).rejects.toMatchObject({
        code: 'unit-incompatible',
      });
      await expect(read('json', 100, { unit: 'NoSuchUnit' })).rejects.toMatchObject({ code: 'unit-unknown' });
    });
  });
}
