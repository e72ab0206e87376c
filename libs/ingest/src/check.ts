import { clockFlag, type MapTarget } from '#mapping';
import { FLAGS, type RawMessage, type Series } from '#model';
import { ReplayedArrivals, type Arrivals } from './arrivals.js';
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
    private readonly arrivals: Arrivals,
  ) {}

  check(
    raw: RawMessage,
    { candidate, result, rejection }: Mapped,
    status: DeviceStatus | undefined,
  ): Prepared {
    this.arrivals.settle(raw, result?.items);
    if (!candidate) return prepare(raw, 'filtered', [], [], status);
    const { bound, ref, path: schema } = candidate;
    if (!result)
      return prepare(raw, 'rejected', [], rejection ? [rejection] : [], status, bound.device, schema);
    const rejections = result.rejected;
    const { values } = result;
    const arrivals = raw.replayed ? new ReplayedArrivals() : this.series;
    const autoCreate = bound.schema.document.autoCreate ?? true;
    let admitted: string | undefined;
    let good = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const { target, time } = value;
      if (target.device !== admitted) {
        const refusal = this.devices.admit(target.device, autoCreate);
        if (refusal) {
          rejections.push(deviceRefused(target, refusal, this.devices.limit));
          continue;
        }
        admitted = target.device;
      }
      const series = target.series ?? this.#seriesOf(target);
      if (typeof series === 'string') {
        rejections.push(series === 'series-limit' ? seriesLimit(target) : propertyChanged(target));
        continue;
      }
      target.series = series;
      value.series = series;
      value.schema = ref;
      value.resultTime = raw.received;
      if (time === undefined) {
        value.time = arrivals.uniqueArrival(series, raw.received + value.item);
        // What runs again is to be known again.
        value.arrival = raw.replayed !== true;
      } else if (clockFlag(time, raw.received)) value.flags |= FLAGS.clock;
      values[good++] = value;
    }
    const device = good > 0 ? values[0]!.target.device : (result.device ?? values[0]?.target.device);
    // What is bad leaves the list, which usually stays as it is.
    values.length = good;
    const fallback = good === 0 && rejections.length > 0 ? 'rejected' : 'filtered';
    return prepare(raw, fallback, values as PreparedValue[], rejections, status, device, schema);
  }

  #seriesOf(target: MapTarget): Series | SeriesRefusal {
    const feature = target.feature ?? this.devices.get(target.device)?.feature ?? '';
    return this.series.resolve(target.device, target.name, target.property, feature);
  }
}
