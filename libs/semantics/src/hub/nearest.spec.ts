import fc from 'fast-check';
import { readCoreProperties } from './core-data.js';
import { nearest } from './nearest.js';

const terms = readCoreProperties().map(({ term }) => term);

describe('nearest', () => {
  it.each([
    ['AirTemprature', 'AirTemperature'],
    ['airtemperature', 'AirTemperature'],
    ['AirTemperatures', 'AirTemperature'],
    ['Temprature', 'AirTemperature'],
    ['humidity', 'RelativeHumidity'],
    ['humidty', 'RelativeHumidity'],
    ['AtmosfericPressure', 'AtmosphericPressure'],
    ['pm25', 'PM2_5'],
    ['co2CarbonDioxide', 'CarbonDioxide'],
    ['Iluminance', 'Illuminance'],
    ['Batery', 'BatteryLow'],
    ['windspeed', 'WindSpeed'],
    ['GustSped', 'WindGustSpeed'],
  ])('takes %s for %s', (text, expected) => {
    expect(nearest(text, terms)[0]).toBe(expected);
  });

  it.each(['', 'qwertzuiop', 'x', '%', 'zz'])('has nothing near %j', (text) => {
    expect(nearest(text, terms)).toEqual([]);
  });

  it('answers at most three, the nearest first, each once', () => {
    expect(nearest('temperature', terms)).toHaveLength(3);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...terms)), (text) => {
        const found = nearest(text, terms);
        expect(found.length).toBeLessThanOrEqual(3);
        expect(new Set(found).size).toBe(found.length);
        if (terms.includes(text)) expect(found[0]).toBe(text);
      }),
    );
  });
});
