import { flagNames } from '#model';
import { BASE, T0, hub, recordOf, seriesOf } from '../../../../test/fixtures/observation-samples.js';
import { ObservationRenderer } from './observation-renderer.js';

const property = (term: string) => hub.property(term)!;
const renderer = new ObservationRenderer(BASE);
const object = (...given: Parameters<ObservationRenderer['object']>) =>
  renderer.object(...given) as Record<string, unknown>;

describe('an observation', () => {
  it('is written as the documentation shows it, key by key', () => {
    const temperature = property('AirTemperature');
    const series = seriesOf(temperature, { id: 1, name: 'temperature', feature: 'home/kitchen' });
    expect(JSON.stringify(object(recordOf(temperature, { series })), null, 2)).toBe(`{
  "@context": "http://localhost:3000/api/contexts/v1.jsonld",
  "id": "http://localhost:3000/api/observations/aqara-1/temperature/2026-11-23T02:40:11.123Z",
  "type": "Observation",
  "madeBySensor": "http://localhost:3000/api/devices/aqara-1",
  "observedProperty": "AirTemperature",
  "hasFeatureOfInterest": "http://localhost:3000/api/features/home/kitchen",
  "datastream": "http://localhost:3000/api/datastreams/aqara-1/temperature",
  "phenomenonTime": "2026-11-23T02:40:11.123Z",
  "resultTime": "2026-11-23T02:40:11.341Z",
  "hasResult": {
    "type": "QuantityValue",
    "numericValue": 21.87,
    "unit": "unit:DEG_C"
  },
  "schema": "http://localhost:3000/api/schemas/zigbee2mqtt-climate/versions/1"
}`);
  });

  it.each([
    ['AirTemperature', { hasResult: { type: 'QuantityValue', numericValue: 21.87, unit: 'unit:DEG_C' } }],
    [
      'quantitykind:Acceleration',
      { hasResult: { type: 'QuantityValue', numericValue: 21.87, unit: 'unit:M-PER-SEC2' } },
    ],
    ['Opened', { hasSimpleResult: true }],
    ['HeatingState', { hasResult: { id: 'https://w3id.org/glossa/ns#Cooling' } }],
    ['Mode', { hasResult: { id: `${BASE}/api/properties/Mode#a%2Fb%20%22c%22%20%F0%9F%8C%A1` } }],
    ['Position', { hasSimpleResult: { '@type': 'geo:wktLiteral', '@value': 'POINT(13.4 52.5)' } }],
    ['FirmwareVersion', { hasSimpleResult: expect.stringContaining('"pump" \\ stuck') }],
  ])('of %s', (term, result) => {
    const record = recordOf(property(term));
    const { hasResult, hasSimpleResult } = object(record);
    const given = {
      ...(hasResult !== undefined && { hasResult }),
      ...(hasSimpleResult !== undefined && { hasSimpleResult }),
    };
    expect(given).toEqual(result);
  });

  it.each([
    ['AirTemperature', 'AirTemperature'],
    ['quantitykind:Acceleration', 'quantitykind:Acceleration'],
    ['OilTemperature', `${BASE}/api/properties/OilTemperature`],
  ])('names its property: %s', (term, expected) => {
    expect(object(recordOf(property(term))).observedProperty).toBe(expected);
    expect(renderer.property(seriesOf(property(term)))).toBe(expected);
  });

  it.each([
    [0, 0, '2026-11-23T02:40:11.123Z'],
    [1, 0, '2026-11-23T02:40:11.123Z~2'],
    [2, 456, '2026-11-23T02:40:11.123456Z~3'],
  ])('that is value %d at a time has the id of it', (nth, micros, expected) => {
    const { id, phenomenonTime } = object(recordOf(property('AirTemperature'), { nth, time: T0 + micros }));
    expect(id).toBe(`${BASE}/api/observations/aqara-1/value/${expected}`);
    expect(phenomenonTime).toBe(expected.replace(/~\d+$/, ''));
  });

  it('has its device as feature where it has none', () => {
    expect(object(recordOf(property('AirTemperature')))).toMatchObject({
      hasFeatureOfInterest: `${BASE}/api/devices/aqara-1`,
      madeBySensor: `${BASE}/api/devices/aqara-1`,
    });
  });

  it('lists its flags where it has any', () => {
    for (let flags = 0; flags < 16; flags++) {
      const { quality } = object(recordOf(property('Opened'), { flags }));
      expect(quality).toEqual(flags === 0 ? undefined : flagNames(flags));
    }
  });

  it('converts quantities on read, and nothing else', () => {
    const conversion = { unit: 'DEG_F', apply: (value: number) => value * 2 };
    expect(object(recordOf(property('AirTemperature')), { conversion }).hasResult).toEqual({
      type: 'QuantityValue',
      numericValue: 43.74,
      unit: 'unit:DEG_F',
    });
    expect(object(recordOf(property('Opened')), { conversion }).hasSimpleResult).toBe(true);
  });

  it('carries its context unless it is a member', () => {
    const record = recordOf(property('AirTemperature'));
    const { '@context': context, ...rest } = object(record);
    expect(context).toBe(`${BASE}/api/contexts/v1.jsonld`);
    expect(object(record, { context: false })).toEqual(rest);
  });
});

describe('what is remembered of a series', () => {
  it('is that series alone', () => {
    const temperature = property('AirTemperature');
    const one = seriesOf(temperature, { id: 71, device: 'one' });
    const other = seriesOf(temperature, { id: 72, device: 'other' });
    for (const series of [one, other, one]) {
      expect(object(recordOf(temperature, { series })).madeBySensor).toBe(
        `${BASE}/api/devices/${series.device}`,
      );
    }
  });

  it('is nothing of one that is not stored, as in a preview', () => {
    const temperature = property('AirTemperature');
    for (const device of ['one', 'other']) {
      const record = recordOf(temperature, {
        series: seriesOf(temperature, { device }),
        schema: { id: 0, schema: device, version: 3 },
      });
      expect(object(record)).toMatchObject({
        madeBySensor: `${BASE}/api/devices/${device}`,
        schema: `${BASE}/api/schemas/${device}/versions/3`,
      });
    }
  });

  it('follows the schema of each observation', () => {
    const versions = [1, 2, 1].map((version) => {
      const record = recordOf(property('AirTemperature'), {
        schema: { id: 10 + version, schema: 'climate', version },
      });
      return object(record).schema;
    });
    expect(versions).toEqual([1, 2, 1].map((version) => `${BASE}/api/schemas/climate/versions/${version}`));
  });
});
