import { decodeSegment } from '#model';
import { EVERY_PROPERTY, VARIANTS, hub, seriesOf } from '../../../../test/fixtures/observation-samples.js';
import { semanticTopic } from './semantic-topic.js';

describe('semanticTopic', () => {
  it.each([
    ['AirTemperature', 'home/kitchen', 'semantic/Temperature/AirTemperature/aqara-1/value/home/kitchen'],
    ['AirTemperature', '', 'semantic/Temperature/AirTemperature/aqara-1/value'],
    ['Opened', 'a b/c#', 'semantic/State/Opened/aqara-1/value/a%20b/c%23'],
    ['Position', '', 'semantic/Position/Position/aqara-1/value'],
    ['FirmwareVersion', '', 'semantic/Text/FirmwareVersion/aqara-1/value'],
    ['quantitykind:Acceleration', '', 'semantic/Acceleration/quantitykind:Acceleration/aqara-1/value'],
    ['OilTemperature', '', 'semantic/Temperature/OilTemperature/aqara-1/value'],
  ])('of %s in %j', (term, feature, topic) => {
    expect(semanticTopic(seriesOf(hub.property(term)!, { feature }))).toBe(topic);
  });

  it('has a level for each part, whatever it holds, and no wildcard', () => {
    for (const { series } of [...EVERY_PROPERTY, ...VARIANTS]) {
      const topic = semanticTopic(series);
      expect(topic).not.toMatch(/[+#\u0000-\u001f]/);
      expect(Buffer.byteLength(topic)).toBeLessThan(65_536);
      const [root, ...levels] = topic.split('/');
      const path = series.feature === '' ? [] : series.feature.split('/');
      expect(root).toBe('semantic');
      expect(levels.map(decodeSegment)).toEqual([
        series.kind,
        series.property,
        series.device,
        series.name,
        ...path,
      ]);
    }
  });
});
