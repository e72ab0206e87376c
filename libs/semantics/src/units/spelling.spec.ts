import { normaliseSpelling } from './spelling.js';

describe('normaliseSpelling', () => {
  it.each([
    ['°C', '°C'],
    ['ºC', '°C'],
    ['˚C', '°C'],
    ['℃', '°C'],
    ['℉', '°F'],
    ['  C', 'C'],
    ['°  C', '°C'],
    ['µg/m³', 'ug/m3'],
    ['μg/m³', 'ug/m3'],
    ['ug/m^3', 'ug/m3'],
    ['ug / m**3', 'ug/m3'],
    ['µg m⁻³', 'ug.m-3'],
    ['µmol·m⁻²·s⁻¹', 'umol.m-2.s-1'],
    ['㎥', 'm3'],
    ['kΩ', 'kOhm'],
    ['kΩ', 'kOhm'],
    ['kW·h', 'kW.h'],
    ['kW h', 'kW.h'],
    ['kW*h', 'kW.h'],
    ['sec.', 'sec'],
    ['min..', 'min'],
    ['(V)', 'V'],
    ['[°C]', '°C'],
    ['[degF]', '[degF]'],
    ['％', '%'],
    ['m∕s', 'm/s'],
    ['*', ''],
    ['', ''],
  ])('%j becomes %j', (spelling, expected) => {
    expect(normaliseSpelling(spelling)).toBe(expected);
  });

  it('keeps letter case and the space between two units', () => {
    expect(normaliseSpelling('mW')).not.toBe(normaliseSpelling('MW'));
    expect(normaliseSpelling('m s')).not.toBe(normaliseSpelling('ms'));
  });
});
