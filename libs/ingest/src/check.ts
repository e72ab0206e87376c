import { clockFlag, type MapTarget } from '#mapping';
import { FLAGS, type Micros, type RawMessage, type Series } from '#model';
import type { Mapped } from './choose.js';
import type { DeviceTable } from './device-table.js';
import type { DeviceStatus } from './outcome.js';
import { prepare, type Prepared, type PreparedValue } from './prepared.js';
import { deviceRefused, propertyChanged, seriesLimit } from './refusals.js';
import type { SeriesRefusal, SeriesTable } from './series-table.js';

/** Admits devices, gives values their series and time, and collects what was rejected. */
export class Checker {
  constructor(
    private readonly series: SeriesTable,
    private readonly devices: DeviceTable,
  ) {}

  check(
    raw: RawMessage,
    { candidate, result, rejection }: Mapped,
    status: DeviceStatus | undefined,
  ): Prepared {
    if (!candidate) return prepare(raw, 'filtered', [], [], { status });
    const { bound, ref } = candidate;
    const schema = `${ref.schema}/versions/${ref.version}`;
    if (!result)
      return prepare(raw, 'rejected', [], rejection ? [rejection] : [], {
        status,
        schema,
        device: bound.device,
      });
    const rejections = result.rejected;
    const values: PreparedValue[] = [];
    const arrivals = raw.replayed ? new ReplayedArrivals() : this.series;
    for (const { target, value, time, flags } of result.values) {
      const refusal = this.devices.admit(target.device, bound.schema.document.autoCreate ?? true);
      if (refusal) {
        rejections.push(deviceRefused(target, refusal, this.devices.limit));
        continue;
      }
      const series = target.series ?? this.#seriesOf(target);
      if (typeof series === 'string') {
        rejections.push(series === 'series-limit' ? seriesLimit(target) : propertyChanged(target));
        continue;
      }
      target.series = series;
      values.push({
        series,
        time: time ?? arrivals.uniqueArrival(series, raw.received),
        nth: 0,
        value,
        resultTime: raw.received,
        schema: ref,
        flags: time !== undefined && clockFlag(time, raw.received) ? flags | FLAGS.clock : flags,
        retained: false,
      });
    }
    const device = values[0]?.series.device ?? result.device ?? result.values[0]?.target.device;
    const fallback = values.length === 0 && rejections.length > 0 ? 'rejected' : 'filtered';
    return prepare(raw, fallback, values, rejections, { status, device, schema });
  }

  #seriesOf(target: MapTarget): Series | SeriesRefusal {
    const feature = target.feature ?? this.devices.get(target.device)?.feature ?? '';
    return this.series.resolve(target.device, target.name, target.property, feature);
  }
}

/**
 * The arrival times of a message that runs again: they follow from the message alone, so that what a second replay
 * yields is known.
 */
class ReplayedArrivals {
  readonly #next = new Map<Series, Micros>();

  uniqueArrival(series: Series, received: Micros): Micros {
    const time = this.#next.get(series) ?? received;
    this.#next.set(series, time + 1);
    return time;
  }
}
