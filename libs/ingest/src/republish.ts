import type { AppendResult, RawMessage, Series } from '#model';
import type { Outcome, Republication } from './outcome.js';
import type { Prepared } from './prepared.js';
import type { SeriesTable } from './series-table.js';

/**
 * What became of a message, from the statuses of its commit. A duplicate is republished only when it was sent
 * again: the crash may have come between commit and republish.
 */
export function outcomeOf(
  raw: RawMessage,
  prepared: Prepared,
  committed: AppendResult,
  table: SeriesTable,
): Outcome {
  const { values, rejections, status, device, schema } = prepared;
  const { state, statuses } = committed;
  const observations: Republication[] = [];
  const moved: Series[] = [];
  for (let i = 0; i < values.length; i++) {
    const record = values[i]!;
    const bits = statuses[i]!;
    record.nth = bits >> 1;
    const duplicate = (bits & 1) === 1;
    if (duplicate && !raw.dup) continue;
    const datastream = table.of(record.series);
    // Purged between commit and here: nobody is to hear of it.
    if (!datastream) continue;
    const before = datastream.latest;
    if (duplicate && record.time >= raw.received) {
      // It has no time of its own: what is stored has the arrival of the first time, which the newest value knows.
      if (before?.series === record.series && before.value === record.value)
        observations.push({ record: before, retained: true });
      continue;
    }
    const retained = table.note(record, raw.qos);
    if (retained && before && before.series.feature !== record.series.feature) moved.push(before.series);
    observations.push({ record, retained });
  }
  return {
    raw,
    state,
    observations,
    moved,
    rejections: state === 'duplicate' ? [] : rejections,
    ...(status && { status }),
    ...(device !== undefined && { device }),
    ...(schema !== undefined && { schema }),
  };
}
