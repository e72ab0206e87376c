import { describeCorpus, readCorpus } from './support/corpora.js';
import { closeMapping, compile, mapMessage, valuesOf } from './support/mapping.js';

/**
 * The gateway relays what sensors broadcast as it was, in hexadecimal: over MQTT its JSON holds the reception alone,
 * and there is no profile until a codec reads the bytes. Its history, read over HTTP, is decoded.
 */
const relayed = (payload: unknown) =>
  compile({
    id: 'ruuvi-relayed',
    topic: 'ruuvi/{gateway}/{device}',
    payload,
    time: { value: 'ts', format: 'unix-s' },
    observations: { rssi: { property: 'SignalStrength', unit: 'dBm' } },
  });

const TOPIC = 'ruuvi/C8:25:2D:8E:9C:2C/F4:1F:0C:28:CB:D6';

afterAll(closeMapping);

describe.each([
  ['with_timestamps', -26, '2022-05-27T16:13:47.000Z'],
  ['without_timestamps', -25, undefined],
])('MQTT messages %s', (kind, rssi, time) => {
  describeCorpus('of a Ruuvi gateway', `ruuvi/examples__mqtt_data_${kind}.json`, (text) => {
    const schema = relayed(JSON.parse(readCorpus(`ruuvi/ruuvi_mqtt_data_${kind}.schema.json`) ?? 'true'));

    it('satisfy their JSON Schema and give the reception; the data stays raw', async () => {
      const outcome = await mapMessage(schema, TOPIC, text);
      expect(outcome.rejected).toEqual([]);
      expect(outcome.values).toEqual([
        expect.objectContaining({ name: 'rssi', value: rssi, time, device: 'F4:1F:0C:28:CB:D6' }),
      ]);
      expect(outcome.unmapped).toContain('/data');
    });

    it.each([
      ['no data', { rssi: -26 }],
      ['data that is no hexadecimal', { data: 'xyz' }],
      ['a member that the schema does not name', { data: '00', humidity: 5 }],
      ['an address that is none', { data: '00', gw_mac: 'C8:25' }],
    ])('are rejected with %s', async (_, payload) => {
      const { values, rejected } = await mapMessage(schema, TOPIC, payload);
      expect([values, rejected.map(({ code }) => code)]).toEqual([[], ['payload-mismatch']]);
    });
  });
});

const history = compile({
  id: 'ruuvi-history',
  topic: 'ruuvi/{gateway}/history',
  device: '{= id}',
  each: 'data.tags.*',
  time: { value: 'timestamp', format: 'unix-s' },
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
    pressure: { property: 'AtmosphericPressure', unit: 'Pa' },
    accelX: { property: 'Acceleration', unit: 'g' },
    accelY: { property: 'Acceleration', unit: 'g' },
    accelZ: { property: 'Acceleration', unit: 'g' },
    movementCounter: { property: 'MotionCount', unit: '1' },
    voltage: { property: 'BatteryVoltage', unit: 'V' },
    pm1: { value: '`PM1.0`', property: 'PM1', unit: 'µg/m³' },
    pm2_5: { value: '`PM2.5`', property: 'PM2_5', unit: 'µg/m³' },
    pm4: { value: '`PM4.0`', property: 'PM4', unit: 'µg/m³' },
    pm10: { value: '`PM10.0`', property: 'PM10', unit: 'µg/m³' },
    co2: { value: 'CO2', property: 'CarbonDioxide', unit: 'ppm' },
    voc: { value: 'VOC', property: 'VocIndex', unit: '1' },
    nox: { value: 'NOx', property: 'NoxIndex', unit: '1' },
    luminosity: { property: 'Illuminance', unit: 'lx' },
    sound: { value: 'sound_avg_dba', property: 'AWeightedSoundLevel', unit: 'dBA' },
    rssi: { property: 'SignalStrength', unit: 'dBm' },
  },
});

/** Decoded readings by device; acceleration in m/s², pressure in hPa. */
const HISTORY: Record<string, Record<string, Record<string, number>>> = {
  df5: {
    'F4:1F:0C:28:CB:D6': {
      temperature: 28.745,
      humidity: 45.305,
      pressure: 1008.12,
      accelX: 0.1176798,
      accelY: -0.7453054,
      accelZ: 9.7281968,
      movementCounter: 164,
      voltage: 2.556,
      rssi: -51,
    },
    'F4:C6:46:2C:3E:B4': {
      temperature: 28.075,
      humidity: 46.155,
      pressure: 1007.87,
      accelX: 0.5491724,
      accelY: 0.1569064,
      accelZ: 9.8851032,
      movementCounter: 80,
      voltage: 2.651,
      rssi: -46,
    },
  },
  df6: {
    '4F:8A:A5': {
      temperature: 25.9,
      humidity: 62.4,
      pressure: 1007.42,
      pm2_5: 9,
      co2: 816,
      voc: 426,
      nox: 1,
      luminosity: 48276,
      rssi: -44,
    },
    'FD:54:6F:6C:52:92': {
      temperature: 26.045,
      humidity: 59.32,
      pressure: 1007.58,
      pm1: 4.8,
      pm2_5: 5.8,
      pm4: 6.5,
      pm10: 6.8,
      co2: 566,
      voc: 135,
      nox: 1,
      rssi: -77,
    },
  },
};

/** Members that are no reading. */
const NO_READING =
  /\/(id|data|dataFormat|ble_phy|ble_chan|ble_tx_power|txPower|measurementSequenceNumber|flag_\w+|sound_(inst|peak)\w+)$/;

describe.each(Object.keys(HISTORY))('the decoded history, format %s', (format) => {
  describeCorpus('of a Ruuvi gateway', `ruuvi/examples__history_with_decoding_${format}.json`, (text) => {
    it('maps every reading of every sensor; what is null is no observation', async () => {
      const outcome = await mapMessage(history, 'ruuvi/C8:25:2D:8E:9C:2C/history', text);
      expect(outcome.rejected).toEqual([]);
      for (const [device, expected] of Object.entries(HISTORY[format]!)) {
        const values = outcome.values.filter((value) => value.device === device);
        expect(valuesOf({ ...outcome, values })).toEqual(expected);
      }
      expect(outcome.values).toHaveLength(
        Object.values(HISTORY[format]!).reduce((sum, values) => sum + Object.keys(values).length, 0),
      );
      const left = outcome.unmapped.filter((pointer) => /^\/data\/tags\//.test(pointer));
      expect(left.filter((pointer) => !NO_READING.test(pointer))).toEqual([]);
    });
  });
});
