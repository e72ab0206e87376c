import type {
  Micros,
  ObservableProperty,
  ObservationRecord,
  Qos,
  SchemaRef,
  Series,
  StoreContents,
} from '#model';

/** A datastream, (device, name): its series and its newest value, which is its retained message. */
export class Datastream {
  /** In order of first use; the last one is the current one. */
  readonly series: Series[] = [];
  /** Newest by (time, nth); undefined while there is none or it was retired. */
  latest: ObservationRecord | undefined;
  /** QoS of the raw message that carried `latest`. */
  qos: Qos = 1;

  constructor(
    readonly device: string,
    readonly name: string,
    readonly property: string,
  ) {}
}

/**
 * Every series, datastream and schema reference, in memory: the data plane allocates them here and the store
 * commits a new one with the batch that first uses it. 10,000 devices of five datastreams take about 25 MB.
 */
export class SeriesTable {
  readonly #devices = new Map<string, Map<string, Datastream>>();
  readonly #series: (Series | undefined)[] = [];
  readonly #datastreams: (Datastream | undefined)[] = [];
  readonly #lastArrival: number[] = [];
  readonly #schemas = new Map<string, SchemaRef>();
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
   * Answers undefined when the datastream measures another property: that never changes.
   */
  resolve(device: string, name: string, property: ObservableProperty, feature: string): Series | undefined {
    const unit = property.unit ?? '';
    const datastream = this.datastream(device, name);
    if (datastream) {
      for (const series of datastream.series) {
        if (series.feature === feature && series.unit === unit && series.property === property.term)
          return series;
      }
      if (datastream.property !== property.term) return undefined;
    }
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
    let names = this.#devices.get(series.device);
    if (!names) this.#devices.set(series.device, (names = new Map<string, Datastream>()));
    let datastream = names.get(series.name);
    if (!datastream) {
      datastream = new Datastream(series.device, series.name, series.property);
      names.set(series.name, datastream);
    }
    datastream.series.push(series);
    this.#series[series.id] = series;
    this.#datastreams[series.id] = datastream;
    this.#nextSeries = Math.max(this.#nextSeries, series.id + 1);
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
    const last = this.#lastArrival[series.id] ?? this.of(series)?.latest?.time ?? 0;
    const time = received <= last && last - received < 1_000_000 ? last + 1 : received;
    this.#lastArrival[series.id] = time;
    return time;
  }

  /** Takes a stored record into account; answers whether it is its datastream's newest. */
  note(record: ObservationRecord, qos: Qos): boolean {
    const datastream = this.of(record.series);
    if (!datastream) return false;
    const { latest } = datastream;
    if (latest && (record.time < latest.time || (record.time === latest.time && record.nth < latest.nth))) {
      return false;
    }
    datastream.latest = record;
    datastream.qos = qos;
    return true;
  }

  /** The datastream of a series; undefined when it was purged meanwhile. */
  of(series: Series): Datastream | undefined {
    return this.#datastreams[series.id];
  }

  /** The series itself, or the one that took its place when it was purged after it was resolved. */
  current(series: Series): Series {
    if (this.#series[series.id] === series) return series;
    const { device, name, property, unit, feature } = series;
    const same = this.datastream(device, name)?.series.find(
      (one) => one.property === property && one.unit === unit && one.feature === feature,
    );
    if (same) return same;
    const anew: Series = { ...series, id: this.#nextSeries };
    this.#add(anew);
    return anew;
  }

  byId(id: number): Series | undefined {
    return this.#series[id];
  }

  datastream(device: string, name: string): Datastream | undefined {
    return this.#devices.get(device)?.get(name);
  }

  /** Datastreams of a device. */
  ofDevice(device: string): Iterable<Datastream> {
    return this.#devices.get(device)?.values() ?? [];
  }

  *all(): Iterable<Datastream> {
    for (const names of this.#devices.values()) yield* names.values();
  }

  /** Forgets a device's datastreams, whose rows are purged. Ids are not used again. */
  forgetDevice(device: string): void {
    for (const datastream of this.ofDevice(device)) {
      datastream.latest = undefined;
      for (const series of datastream.series) {
        this.#series[series.id] = undefined;
        this.#datastreams[series.id] = undefined;
      }
    }
    this.#devices.delete(device);
  }
}
