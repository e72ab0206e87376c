/** A numeric attribute of a data model: its property, its unit by the model's documentation, and UN/CEFACT codes. */
interface Attribute {
  readonly property: string;
  readonly unit: string;
  /** What one of the unit is in the canonical unit; 1 when it is not said. */
  readonly factor?: number;
  /** Codes of `unitCode`, which QUDT knows and the unit table does not spell. */
  readonly codes?: Readonly<Record<string, string>>;
  /** The member of a structured value: `instValue`. */
  readonly member?: string;
  /** Its name in an earlier version of the model. */
  readonly earlier?: string;
}

const MASS = { GP: 'mg/m³', GQ: 'µg/m³' };
const mass = (property: string, earlier?: string): Attribute => ({
  property,
  unit: 'µg/m³',
  codes: MASS,
  ...(earlier !== undefined && { earlier }),
});
const celsius = (property: string): Attribute => ({ property, unit: '°C', codes: { CEL: '°C' } });
const metres = (property: string): Attribute => ({ property, unit: 'm', codes: { MTR: 'm' } });

const GASES: Record<string, Attribute> = {
  co: { property: 'CarbonMonoxideMass', unit: 'mg/m³', codes: MASS, earlier: 'CO' },
  no: mass('NitrogenMonoxideMass', 'NO'),
  no2: mass('NitrogenDioxideMass', 'NO2'),
  nox: mass('NitrogenOxidesMass', 'NOx'),
  so2: mass('SulfurDioxideMass', 'SO2'),
  o3: mass('OzoneMass', 'O3'),
};

const AIR: Record<string, Attribute> = {
  temperature: celsius('AirTemperature'),
  // A share of one by every model of the programme, whatever an example's unitCode says.
  relativeHumidity: { property: 'RelativeHumidity', unit: 'fraction', factor: 100 },
};

/** The data models whose numbers have properties and documented units. */
export const MODELS: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = {
  AirQualityObserved: {
    ...AIR,
    ...GASES,
    windSpeed: { property: 'WindSpeed', unit: 'm/s' },
    windDirection: { property: 'WindDirection', unit: '°' },
    precipitation: { property: 'PrecipitationDepth', unit: 'mm' },
    airQualityIndex: { property: 'AirQualityIndex', unit: '1' },
    pm4: mass('PM4'),
    tsp: mass('ParticulateMatter'),
  },
  IndoorEnvironmentObserved: {
    ...AIR,
    ...GASES,
    atmosphericPressure: { property: 'AtmosphericPressure', unit: 'hPa' },
    illuminance: { property: 'Illuminance', unit: 'lx', codes: { LX: 'lx' } },
    peopleCount: { property: 'PeopleCount', unit: '1' },
  },
  WaterObserved: { height: metres('WaterLevel') },
  FloodMonitoring: { currentLevel: metres('WaterLevel'), measuredDistance: metres('Distance') },
  PhreaticObserved: { waterTable: metres('Depth'), pressure: { property: 'FluidPressure', unit: 'bar' } },
  NoiseLevelObserved: Object.fromEntries(
    ['LAeq', 'LAeq_d', 'LAS', 'LAmax'].map((name) => [
      name,
      { property: 'AWeightedSoundLevel', unit: 'dB(A)' },
    ]),
  ),
  Device: { batteryLevel: { property: 'BatteryLevel', unit: 'fraction', factor: 100 } },
  PolarH10: { hr: { property: 'HeartRate', unit: 'bpm' } },
  NightSkyQuality: { ambientTemperature: celsius('AirTemperature') },
  MosquitoDensity: { airTemperature: { ...celsius('AirTemperature'), member: 'instValue' } },
  AirQualityMonitoring: {
    airTemperatureTSA: { ...celsius('AirTemperature'), member: 'instValue' },
    airQualityIndex: { property: 'AirQualityIndex', unit: '1' },
    illuminance: { property: 'Illuminance', unit: 'lx' },
  },
  SmartMeteringObservation: { powerFactor: { property: 'PowerFactor', unit: '1' } },
};

/** Numbers of these models that have no property or no documented unit, and why. */
export const LEFT_OUT: readonly [model: RegExp, attribute: RegExp, reason: string][] = [
  [/^AirQualityObserved$/, /^(co2|tpc|pressure|charge)$/, 'the model gives no unit'],
  [/./, /^reliability$/, 'how far an observation is trusted'],
  [/^WaterObserved$/, /^(flow|waterLevel|waterDischarge)$/, 'no documented unit, or not in the model'],
  [/^WaterObserved$/, /^(measuredArea|object\w+)$/, 'of floating objects'],
  [/^FloodMonitoring$/, /^(alertLevel|dangerLevel|referenceLevel)$/, 'limits'],
  [/^PhreaticObserved$/, /^(depth|investigationDepth)$/, 'of the investigation, not of the water'],
  [/^Device$/, /^(rssi|depth|distance)$/, 'a share without a reference; of the installation'],
  [/^PolarH10$/, /^(sessionId|sampleRate|timeStamp|sensorTimeStamp|hrv)$/, 'of the recording'],
  [/^NightSkyQuality$/, /^(battery|sigmaMagnitude|skyMagnitude|skyTemperature)$/, 'no documented unit'],
  [/^MosquitoDensity$/, /^(\w+Total|precipitation)$/, 'insects; no documented unit'],
  [/^AirQualityMonitoring$/, /^(atmosphericPressure|precipitation|solarRadiation)$/, 'no documented unit'],
  [/^SmartMeteringObservation$/, /Consumption$/, 'no documented unit'],
];

const plain = (name: string) => `($type(${name}) = "object" ? ${name}.value : ${name})`;
const text = (name: string) =>
  `($type(${name}) = "object" ? ($type(${name}.value) = "object" ? ${name}.value.\`@value\` : ${name}.value) : ${name})`;
const TIMES = ['dateObserved', 'dateObservedTo', 'observationDateTime', 'dateCreated'];

/** One document reads a model as key-values, normalized (NGSI-v2 and NGSI-LD) and as a GeoJSON feature. */
export function documentOf(model: string): object {
  const rules = Object.entries(MODELS[model]!).map(([name, { property, unit, codes, member, earlier }]) => {
    const it = earlier === undefined ? name : `($exists(${name}) ? ${name} : ${earlier})`;
    const value =
      member === undefined ? plain(it) : `$exists(${it}.value) ? ${it}.value.${member} : ${it}.${member}`;
    const code = `$exists(${it}.unitCode) ? ${it}.unitCode : ${it}.metadata.unitCode.value`;
    const said = `$exists(${code}) ? (${code}) : ${JSON.stringify(unit)}`;
    return [name, { value, property, unit: codes ? { value: said, map: codes } : unit }];
  });
  return {
    id: model.toLowerCase(),
    topic: 'ngsi/{model}',
    match: `type = "${model}" or properties.type = "${model}"`,
    device: '{= id}',
    each: '$exists(properties) ? properties : $',
    time: {
      value: `$substringBefore(${TIMES.map((name) => `$exists(${name}) ? ${text(name)} : `).join('')}dateModified, "/")`,
      format: 'iso8601',
    },
    observations: {
      ...Object.fromEntries(rules),
      position: {
        value: '$exists(location.value) ? location.value : location',
        when: 'location.type = "Point" or location.value.type = "Point"',
        property: 'Position',
      },
    },
  };
}
