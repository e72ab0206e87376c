import { formatMicros, VALUES_AT_ONE_TIME, type Rejection } from '#model';
import { prepare, type Prepared, type PreparedValue } from './prepared.js';

/**
 * A message that the store gave back, as it is appended again: its values that are one too many at their time are
 * rejected.
 * @param crowded which of its values
 */
export function withoutCrowded(prepared: Prepared, crowded: readonly number[]): Prepared {
  const { raw, heard, replay, status, device, schema } = prepared;
  const out = new Set(crowded);
  const values = prepared.values.filter((_, i) => !out.has(i));
  const rejections = [...prepared.rejections, ...crowded.map((i) => timeCrowded(prepared.values[i]!))];
  const fallback = values.length === 0 ? 'rejected' : prepared.fallback;
  return {
    ...prepare(raw, fallback, values, rejections, status, device, schema),
    heard,
    replay,
    // Those that are told are not all.
    rejectedValues: prepared.rejectedValues + crowded.length,
  };
}

function timeCrowded({ series: { name }, time }: PreparedValue): Rejection {
  const message = `${name}: ${VALUES_AT_ONE_TIME} values are stored at ${formatMicros(time)} already`;
  return { stage: 'store', code: 'time-crowded', message, name };
}
