import type { AppendResult, RawMessage, Series } from '#model';
import type { DeviceTable } from './device-table.js';
import type { Outcome, Republication } from './outcome.js';
import type { Prepared } from './prepared.js';
import type { SeriesTable } from './series-table.js';

const NONE: readonly never[] = [];

/**
 * What became of a message, from the statuses of its commit. A duplicate is republished only when it was sent
 * again: the crash may have come between commit and republish.
 */
export function outcomeOf(
  raw: RawMessage,
  prepared: Prepared,
  committed: AppendResult,
  table: SeriesTable,
  devices: DeviceTable,
): Outcome {
  const { values, rejections, status, device, schema } = prepared;
  const { state, statuses, first, times } = committed;
  let told = 0;
  let moved: Series[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const record = values[i]!;
    const bits = statuses[first + i]!;
    record.nth = bits >> 1;
    const duplicate = (bits & 1) === 1;
    if (duplicate && !raw.dup) continue;
    const datastream = table.of(record.series);
    // Purged between commit and here: nobody is to hear of it.
    if (!datastream) continue;
    if (times) {
      // It is told as it is stored: a value without a time of its own has that of its first arrival.
      record.time = times[i * 2]!;
      record.resultTime = times[i * 2 + 1]!;
      // Deleted meanwhile.
      if (Number.isNaN(record.time)) continue;
    }
    const before = datastream.latestSeries;
    record.retained = datastream.note(record, raw.qos);
    if (record.retained && before && before.feature !== record.series.feature) (moved ??= []).push(before);
    // What is not told leaves the list, which usually stays as it is.
    values[told++] = record;
  }
  const observations: Republication[] = values;
  observations.length = told;
  return {
    raw,
    state,
    observations,
    moved: moved ?? NONE,
    rejections: state === 'duplicate' ? NONE : rejections,
    // A name that is no device leaves nothing retained.
    status: status && devices.get(status.device) ? status : undefined,
    device,
    schema,
  };
}
