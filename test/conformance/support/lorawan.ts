/** An uplink of a device, as the corpora of vendors' decoders give it. */
export interface DecoderRow {
  readonly vendor: string;
  readonly device?: string;
  readonly codec?: string;
  readonly description?: string;
  readonly name?: string;
  readonly output?: { readonly data?: Readonly<Record<string, unknown>> };
  readonly expected?: { readonly data?: Readonly<Record<string, unknown>> };
}

export const RECEIVED_AT = '2026-11-23T02:40:11.204512Z';

/** The message of The Things Stack v3 that carries a payload. */
export function stackUplink(message: object): object {
  return {
    end_device_ids: { device_id: 'node-1', application_ids: { application_id: 'building' } },
    correlation_ids: ['gs:uplink:01HFX7Q3ZP'],
    received_at: '2026-11-23T02:40:11.512345678Z',
    uplink_message: { f_port: 1, f_cnt: 7, ...message, received_at: RECEIVED_AT },
  };
}

export const STACK_TOPIC = 'v3/building@ttn/devices/node-1/up';

/** The event of ChirpStack v4 that carries a decoded object. */
export function chirpEvent(object: unknown): object {
  return {
    deduplicationId: '3ac7e3c4-4401-4b8d-9386-a5c902f9202d',
    time: '2026-11-23T02:40:11.204512+00:00',
    deviceInfo: { applicationName: 'building', deviceName: 'node 1', devEui: '24e124126d152969' },
    fCnt: 7,
    fPort: 1,
    object,
  };
}

export const CHIRP_TOPIC = 'application/17c82e96/device/24e124126d152969/event/up';

/**
 * Keys that mean one thing whoever writes them: the datastream of the common profiles, and what one is in its
 * canonical unit.
 */
export const COMMON: Readonly<Record<string, [datastream: string, factor: number]>> = {
  temperature: ['temperature', 1],
  TempC_SHT: ['temperature', 1],
  sensorTemperature: ['temperature', 1],
  ambient_temperature: ['temperature', 1],
  humidity: ['humidity', 1],
  Hum_SHT: ['humidity', 1],
  relativeHumidity: ['humidity', 1],
  relative_humidity: ['humidity', 1],
  pressure: ['pressure', 1],
  barometric_pressure: ['pressure', 1],
  co2: ['co2', 1],
  co2_ppm: ['co2', 1],
  CO2_ppm: ['co2', 1],
  CO2: ['co2', 1],
  TVOC_ppb: ['tvoc', 1],
  lux: ['illuminance', 1],
  light_intensity: ['illuminance', 1],
  externalTemperature: ['external-temperature', 1],
  TempC_DS: ['external-temperature', 1],
  TempC_DS18B20: ['external-temperature', 1],
  extThermistorTemperature: ['external-temperature', 1],
  targetTemperature: ['target-temperature', 1],
  valveOpenness: ['valve-position', 1],
  water_SOIL: ['soil-moisture', 1],
  temp_SOIL: ['soil-temperature', 1],
  TEMP_SOIL: ['soil-temperature', 1],
  conduct_SOIL: ['soil-conductivity', 1],
  PH1_SOIL: ['soil-ph', 1],
  N_SOIL: ['soil-nitrogen', 1],
  P_SOIL: ['soil-phosphorus', 1],
  K_SOIL: ['soil-potassium', 1],
  Leaf_Moisture: ['leaf-wetness', 1],
  Leaf_Temperature: ['leaf-temperature', 1],
  pulse1: ['pulses', 1],
  pulseCount: ['pulses', 1],
  batteryVoltage: ['battery-voltage', 1],
  battery_voltage: ['battery-voltage', 1],
  battery_volt: ['battery-voltage', 1],
  batVoltage: ['battery-voltage', 1],
  batV: ['battery-voltage', 1],
  BatV: ['battery-voltage', 1],
  BAT_V: ['battery-voltage', 1],
  Bat_V: ['battery-voltage', 1],
  Bat: ['battery-voltage', 1],
  vdd: ['battery-voltage', 0.001],
  altitude: ['altitude', 1],
};

/** What the common profiles make of a decoded object. */
export function commonValues(
  data: Readonly<Record<string, unknown>>,
): Record<string, number | boolean | string> {
  const values: Record<string, number | boolean | string> = {};
  for (const [key, raw] of Object.entries(data)) {
    const [datastream, factor] = COMMON[key] ?? [];
    if (datastream === undefined || typeof raw === 'object' || raw === 'No Sensor') continue;
    values[datastream] = factor === 1 ? Number(raw) : Number((Number(raw) * factor!).toPrecision(12));
  }
  const { DOOR_OPEN_STATUS: door, open, occupied, latitude, longitude } = data;
  if (door !== undefined) values.opened = door === 1;
  if (open !== undefined) values.opened = open === 1;
  if (typeof occupied === 'boolean') values.occupied = occupied;
  if (typeof latitude === 'number' && typeof longitude === 'number')
    values.position = `POINT(${longitude} ${latitude})`;
  return values;
}
