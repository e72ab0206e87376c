import { jest } from '@jest/globals';
import type { ObservableProperty } from '#model';
import { UnitTable } from '#semantics';
import { compileExpression } from '../expressions/index.js';
import { readerOf } from './reader.js';
import { Unfit } from './typed-value.js';
import { conversionFor, UnitReader } from './unit-reader.js';

const units = UnitTable.load();
const temperature: ObservableProperty = {
  term: 'AirTemperature',
  origin: 'core',
  label: 'air temperature',
  definition: 'The temperature of the air.',
  kind: 'Temperature',
  type: 'quantity',
  unit: 'DEG_C',
  broader: [],
  circular: false,
  alignments: [],
};

function reader(source: string, map?: Record<string, string>, table = units): UnitReader {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return new UnitReader(compiled.expression, readerOf(compiled.expression), map, temperature, table);
}

describe('a fixed unit', () => {
  it.each([
    ['°C', 21.5, 21.5],
    ['C', 21.5, 21.5],
    ['°F', 70.7, 21.5],
    ['unit:K', 294.65, 21.5],
  ])('%s: %d is %d °C', (spelling, raw, value) => {
    const found = conversionFor(spelling, temperature, units);
    if ('code' in found) throw new Error(found.message);
    expect(found.conversion.apply(raw)).toBeCloseTo(value, 9);
  });

  it.each([
    ['furlong per fortnight or so', 'unit-unknown'],
    ['hPa', 'unit-incompatible'],
  ])('%s: %s', (spelling, code) => {
    const found = conversionFor(spelling, temperature, units);
    expect(found).toMatchObject({ code, message: expect.any(String), hint: expect.any(String) });
  });
});

describe('a unit that the payload says', () => {
  const at = (one: UnitReader, input: unknown, payload = input) => one.at(input, { payload }, undefined);

  it('is read as written, or by the map', () => {
    expect(at(reader('u'), { u: '°F' })).toMatchObject({ unit: { id: 'DEG_F' } });
    expect(at(reader('u', { f: '°F' }), { u: 'f' })).toMatchObject({ unit: { id: 'DEG_F' } });
    expect(at(reader('u', { f: '°F' }), { u: '°C' })).toMatchObject({ unit: { id: 'DEG_C' } });
  });

  it('may be a number or a boolean that the map lists', () => {
    const scales = reader('u', { 0: '°C', 1: '°F', true: 'K' });
    expect(at(scales, { u: 1 })).toMatchObject({ unit: { id: 'DEG_F' } });
    expect(at(scales, { u: '1' })).toMatchObject({ unit: { id: 'DEG_F' } });
    expect(at(scales, { u: -0 })).toMatchObject({ unit: { id: 'DEG_C' } });
    expect(at(scales, { u: true })).toMatchObject({ unit: { id: 'K' } });
    expect(at(scales, { u: 2 })).toMatchObject({ code: 'unit-missing' });
    expect(at(scales, { u: [1] })).toMatchObject({ code: 'unit-missing' });
    expect(at(reader('u'), { u: 1 })).toMatchObject({ code: 'unit-missing' });
  });

  it('is read of the item, else of the whole payload', () => {
    const payload = { u: '°F' } as unknown;
    expect(at(reader('u'), { u: 'K' }, payload)).toMatchObject({ unit: { id: 'K' } });
    expect(at(reader('u'), {}, payload)).toMatchObject({ unit: { id: 'DEG_F' } });
  });

  it.each<[unknown, string]>([
    [{}, 'unit-missing'],
    [{ u: null }, 'unit-missing'],
    [{ u: 5 }, 'unit-missing'],
    [{ u: ['°C', '°F'] }, 'unit-missing'],
    [{ u: 'hPa' }, 'unit-incompatible'],
    [{ u: '?' }, 'unit-unknown'],
    [{ u: '' }, 'unit-unknown'],
    [{ u: 'constructor' }, 'unit-unknown'],
    [{ u: '__proto__' }, 'unit-unknown'],
  ])('%j: %s', (payload, code) => {
    const found = at(reader('u', {}), payload);
    expect(found).toBeInstanceOf(Unfit);
    expect(found).toMatchObject({ code });
  });

  it('is resolved once a spelling, and a flood of spellings is forgotten', () => {
    const table = UnitTable.load();
    const resolve = jest.spyOn(table, 'resolve');
    const one = reader('u', undefined, table);
    for (let i = 0; i < 100; i++) at(one, { u: '°F' });
    expect(resolve).toHaveBeenCalledTimes(1);
    for (let i = 0; i < 300; i++) at(one, { u: `x${i}` });
    expect(at(one, { u: '°F' })).toMatchObject({ unit: { id: 'DEG_F' } });
    expect(resolve).toHaveBeenCalledTimes(302);
  });

  it('is told from none without a look at every other', () => {
    const table = UnitTable.load();
    const [resolve, look] = [jest.spyOn(table, 'resolve'), jest.spyOn(table, 'compatibleWith')];
    resolve.mockClear();
    const one = reader('u', undefined, table);
    expect(at(one, { u: 'celcius' })).toMatchObject({ code: 'unit-unknown' });
    expect(at(one, { u: 'hPa ' })).toMatchObject({ code: 'unit-incompatible' });
    expect(resolve.mock.calls.map(([, , hints]) => hints)).toEqual([false, false]);
    expect(look).not.toHaveBeenCalled();
  });

  it('is none when it is long, and such a text is not kept', () => {
    const table = UnitTable.load();
    const resolve = jest.spyOn(table, 'resolve');
    resolve.mockClear();
    const one = reader('u', undefined, table);
    for (let i = 0; i < 300; i++)
      expect(at(one, { u: `${'x'.repeat(1 << 16)}${i}` })).toMatchObject({ code: 'unit-unknown' });
    expect(resolve).not.toHaveBeenCalled();
  });
});
