import type { AggregateWindow, ObservationStore, Series } from '#model';

/** Windows asked for at once: handing over as many takes the main thread some 30 ms. */
const WINDOWS = 10_000;
const DATASTREAMS = 200;

/** A datastream's windows, and its place among those asked for. */
export interface ReadWindows {
  readonly index: number;
  readonly series: Series;
  readonly windows: readonly AggregateWindow[];
}

/** Reads the windows of datastreams in their order, a bounded number at once; those without rows are left out. */
export async function* readWindows(
  store: ObservationStore,
  datastreams: readonly (readonly Series[])[],
  bounds: Float64Array,
): AsyncGenerator<ReadWindows> {
  const count = bounds.length - 1;
  if (count > WINDOWS) {
    for (const [index, series] of datastreams.entries()) {
      const windows = await inSlices(store, series, bounds);
      if (windows.length > 0) yield { index, series: series[0]!, windows };
    }
    return;
  }
  const together = Math.min(DATASTREAMS, Math.max(1, Math.floor(WINDOWS / count)));
  for (let at = 0; at < datastreams.length; at += together) {
    const piece = datastreams.slice(at, at + together);
    const places = new Map(piece.flatMap((series, i) => series.map(({ id }) => [id, at + i])));
    const series = [...places.keys()];
    for (const found of await store.aggregate({ series, bounds }))
      yield { index: places.get(found.series.id)!, ...found };
  }
}

/** All windows of one datastream. */
async function inSlices(
  store: ObservationStore,
  series: readonly Series[],
  bounds: Float64Array,
): Promise<AggregateWindow[]> {
  const ids = series.map(({ id }) => id);
  const windows: AggregateWindow[] = [];
  for (let at = 0; at < bounds.length - 1; at += WINDOWS) {
    const slice = bounds.slice(at, at + WINDOWS + 1);
    const [found] = await store.aggregate({ series: ids, bounds: slice });
    for (const window of found?.windows ?? []) windows.push(window);
  }
  return windows;
}
