import { clockFlag, type MapTarget } from '#mapping';
import { FLAGS, type RawMessage, type Series } from '#model';
import type { Mapped } from './choose.js';
import type { DeviceTable } from './device-table.js';
import type { DeviceStatus } from './outcome.js';
import { prepare, type Prepared, type PreparedValue } from './prepared.js';
import { deviceRefused, propertyChanged } from './refusals.js';
import type { SeriesTable } from './series-table.js';

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
    const rejections = [...result.rejected];
    const values: PreparedValue[] = [];
    for (const { target, value, time, flags } of result.values) {
      const refusal = this.devices.admit(target.device, bound.schema.document.autoCreate ?? true);
      const series = refusal ? undefined : (target.series ??= this.#seriesOf(target));
      if (!series) {
        rejections.push(
          refusal ? deviceRefused(target, refusal, this.devices.limit) : propertyChanged(target),
        );
        continue;
      }
      values.push({
        series,
        time: time ?? (raw.replayed ? raw.received : this.series.uniqueArrival(series, raw.received)),
        nth: 0,
        value,
        resultTime: raw.received,
        schema: ref,
        flags: time !== undefined && clockFlag(time, raw.received) ? flags | FLAGS.clock : flags,
      });
    }
    const device = values[0]?.series.device ?? result.device ?? result.values[0]?.target.device;
    const fallback = values.length === 0 && rejections.length > 0 ? 'rejected' : 'filtered';
    return prepare(raw, fallback, values, rejections, { status, device, schema });
  }

  #seriesOf(target: MapTarget): Series | undefined {
    const feature = target.feature ?? this.devices.get(target.device)?.feature ?? '';
    return this.series.resolve(target.device, target.name, target.property, feature);
  }
}
