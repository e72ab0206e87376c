import type {
  Micros,
  ObservableProperty,
  ObservationRecord,
  Qos,
  SchemaRef,
  Series,
  StoreContents,
} from '#model';

/**
 * The newest value of a datastream, written over in place: were each message's record kept until the next one comes,
 * the garbage collector would move every one of them to where it is slow to collect.
 */
class Latest {
  series: Series | undefined;
  time: Micros = -Infinity;
  nth = 0;
  resultTime: Micros = 0;
  #schema: SchemaRef | undefined;
  #flags = 0;
  #number = 0;
  /** What is not a number. */
  #other: boolean | string | undefined;

  set({ series, time, nth, value, resultTime, schema, flags }: ObservationRecord): void {
    this.series = series;
    this.time = time;
    this.nth = nth;
    this.resultTime = resultTime;
    this.#schema = schema;
    this.#flags = flags;
    if (typeof value === 'number') {
      this.#number = value;
      this.#other = undefined;
    } else this.#other = value;
  }

  record(): ObservationRecord {
    return {
      series: this.series!,
      time: this.time,
      nth: this.nth,
      value: this.#other ?? this.#number,
      resultTime: this.resultTime,
      schema: this.#schema!,
      flags: this.#flags,
    };
  }
}

/** A datastream, (device, name): its series and its newest value, which is its retained message. */
export class Datastream {
  readonly #series: Series[] = [];
  /** Made with the second series: most datastreams have one. */
  #byFeature: Map<string, Series> | undefined;
  #latest: Latest | undefined;
  /** QoS of the raw message that carried `latest`. */
  qos: Qos = 1;

  constructor(
    readonly device: string,
    readonly name: string,
    readonly property: string,
  ) {}

  /** Newest by (time, nth); undefined while there is none or it was retired. */
  get latest(): ObservationRecord | undefined {
    return this.#latest?.record();
  }

  set latest(record: ObservationRecord | undefined) {
    if (record) (this.#latest ??= new Latest()).set(record);
    else this.#latest = undefined;
  }

  /** The series of the newest value. */
  get latestSeries(): Series | undefined {
    return this.#latest?.series;
  }

  /** The time of the newest value. */
  get latestTime(): Micros | undefined {
    return this.#latest?.time;
  }

  /** Takes a stored record into account; answers whether it is the newest. */
  note(record: ObservationRecord, qos: Qos): boolean {
    const latest = (this.#latest ??= new Latest());
    if (record.time < latest.time || (record.time === latest.time && record.nth < latest.nth)) return false;
    latest.set(record);
    this.qos = qos;
    return true;
  }

  /** In order of first use. */
  get series(): readonly Series[] {
    return this.#series;
  }

  find(property: string, unit: string, feature: string): Series | undefined {
    if (this.#byFeature) return this.#byFeature.get(seriesKey(property, unit, feature));
    const [only] = this.#series;
    return only?.feature === feature && only.unit === unit && only.property === property ? only : undefined;
  }

  add(series: Series): void {
    this.#series.push(series);
    if (this.#series.length === 1) return;
    this.#byFeature ??= new Map(this.#series.map((one) => [keyOf(one), one]));
    this.#byFeature.set(keyOf(series), series);
  }
}

function keyOf({ property, unit, feature }: Series): string {
  return seriesKey(property, unit, feature);
}

function seriesKey(property: string, unit: string, feature: string): string {
  return `${property}\u0000${unit}\u0000${feature}`;
}

/** Why a value has no series. */
export type SeriesRefusal = 'datastream-property-changed' | 'series-limit';

/** A feature that is an id of each message would fill the memory. */
export const MAX_SERIES = 10_000;

/** The datastreams of one device. */
class DeviceStreams {
  readonly names = new Map<string, Datastream>();
  series = 0;
}

/**
 * Every series, datastream and schema reference, in memory: the data plane allocates them here and the store
 * commits a new one with the batch that first uses it. 10,000 devices of five datastreams take about 25 MB.
 */
export class SeriesTable {
  readonly #devices = new Map<string, DeviceStreams>();
  readonly #series: (Series | undefined)[] = [];
  readonly #datastreams: (Datastream | undefined)[] = [];
  readonly #lastArrival: number[] = [];
  readonly #schemas = new Map<string, SchemaRef>();
  #size = 0;
  #nextSeries = 1;
  #nextSchema = 1;

  constructor(contents: StoreContents) {
    for (const series of contents.series) this.#add(series);
    for (const ref of contents.schemas) {
      this.#schemas.set(`${ref.schema}/${ref.version}`, ref);
      this.#nextSchema = Math.max(this.#nextSchema, ref.id + 1);
    }
    for (const record of contents.latest) this.#datastreams[record.series.id]!.latest = record;
    this.#nextSeries = Math.max(this.#nextSeries, contents.nextSeries);
  }

  /**
   * The series of a datastream for one property, unit and feature; allocated when it is new.
   * Refused when the datastream measures another property, which never changes, or when the device has too many.
   */
  resolve(
    device: string,
    name: string,
    property: ObservableProperty,
    feature: string,
  ): Series | SeriesRefusal {
    const unit = property.unit ?? '';
    const streams = this.#devices.get(device);
    const datastream = streams?.names.get(name);
    const known = datastream?.find(property.term, unit, feature);
    if (known) return known;
    if (datastream && datastream.property !== property.term) return 'datastream-property-changed';
    if (streams && streams.series >= MAX_SERIES) return 'series-limit';
    const series: Series = {
      id: this.#nextSeries,
      device,
      name,
      property: property.term,
      unit,
      feature,
      kind: property.kind,
      type: property.type,
      origin: property.origin,
      circular: property.circular,
    };
    this.#add(series);
    return series;
  }

  #add(series: Series): void {
    let streams = this.#devices.get(series.device);
    if (!streams) this.#devices.set(series.device, (streams = new DeviceStreams()));
    let datastream = streams.names.get(series.name);
    if (!datastream) {
      datastream = new Datastream(series.device, series.name, series.property);
      streams.names.set(series.name, datastream);
      this.#size++;
    }
    datastream.add(series);
    streams.series++;
    this.#series[series.id] = series;
    this.#datastreams[series.id] = datastream;
    this.#nextSeries = Math.max(this.#nextSeries, series.id + 1);
  }

  /** How many datastreams there are. */
  get size(): number {
    return this.#size;
  }

  /** The reference that observations carry for a version of a schema. */
  schemaRef(schema: string, version: number): SchemaRef {
    const key = `${schema}/${version}`;
    let ref = this.#schemas.get(key);
    if (!ref) {
      ref = { id: this.#nextSchema++, schema, version };
      this.#schemas.set(key, ref);
    }
    return ref;
  }

  /**
   * An arrival time that no earlier value of the series has, so that two equal readings in a row are two
   * observations. A clock that was set back is followed.
   */
  uniqueArrival(series: Series, received: Micros): Micros {
    const last = this.#lastArrival[series.id] ?? this.of(series)?.latestTime ?? 0;
    const time = received <= last && last - received < 1_000_000 ? last + 1 : received;
    this.#lastArrival[series.id] = time;
    return time;
  }

  /** Takes a stored record into account; answers whether it is its datastream's newest. */
  note(record: ObservationRecord, qos: Qos): boolean {
    return this.of(record.series)?.note(record, qos) ?? false;
  }

  /** The datastream of a series; undefined when it was purged meanwhile. */
  of(series: Series): Datastream | undefined {
    return this.#datastreams[series.id];
  }

  /** The series itself, or the one that took its place when it was purged after it was resolved. */
  current(series: Series): Series {
    if (this.#series[series.id] === series) return series;
    const { device, name, property, unit, feature } = series;
    const same = this.datastream(device, name)?.find(property, unit, feature);
    if (same) return same;
    const anew: Series = { ...series, id: this.#nextSeries };
    this.#add(anew);
    return anew;
  }

  byId(id: number): Series | undefined {
    return this.#series[id];
  }

  datastream(device: string, name: string): Datastream | undefined {
    return this.#devices.get(device)?.names.get(name);
  }

  /** Datastreams of a device. */
  ofDevice(device: string): Iterable<Datastream> {
    return this.#devices.get(device)?.names.values() ?? [];
  }

  *all(): Iterable<Datastream> {
    for (const { names } of this.#devices.values()) yield* names.values();
  }

  /** Forgets a device's datastreams, whose rows are purged. Ids are not used again. */
  forgetDevice(device: string): void {
    for (const datastream of this.ofDevice(device)) {
      this.#size--;
      datastream.latest = undefined;
      for (const series of datastream.series) {
        this.#series[series.id] = undefined;
        this.#datastreams[series.id] = undefined;
      }
    }
    this.#devices.delete(device);
  }
}
