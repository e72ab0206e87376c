import type { AggregateWindow, DatastreamAggregate } from '#model';
import type { Datastream } from '../datastreams.js';
import { averagingOf, fullTurn, mergeWindows, toWindow, windowAt, type WindowSums } from '../windows.js';
import type { Row } from './memory-series.js';

/** The windows of one datastream. `rowsOf` answers a series' rows, ascending. */
export function aggregateRows(
  { series }: Datastream,
  bounds: Float64Array,
  rowsOf: (series: number) => readonly Row[],
): DatastreamAggregate {
  const first = series[0]!;
  const turn = fullTurn(first.unit);
  const windows = new Map<number, WindowSums>();
  for (const { id } of series) {
    for (const row of rowsOf(id)) {
      const index = windowAt(bounds, row.time);
      if (index < 0) continue;
      const before = windows.get(index);
      const sums = sumsOf(row, turn);
      windows.set(index, before ? mergeWindows(before, sums) : sums);
    }
  }
  const averaging = averagingOf(first);
  const ascending: AggregateWindow[] = [...windows]
    .sort(([a], [b]) => a - b)
    .map(([index, sums]) => toWindow(sums, bounds[index]!, bounds[index + 1]!, averaging));
  return { series: first, windows: ascending };
}

function sumsOf({ value, time }: Row, turn: number): WindowSums {
  const number = typeof value === 'number' ? value : 0;
  const angle = (number / turn) * 2 * Math.PI;
  return {
    count: 1,
    sum: number,
    mean: number,
    sine: Math.sin(angle),
    cosine: Math.cos(angle),
    min: number,
    max: number,
    first: value,
    firstTime: time,
    last: value,
    lastTime: time,
  };
}
