import type { Series } from '#model';

/** The series of one datastream. */
export interface Datastream {
  readonly device: string;
  readonly name: string;
  readonly series: readonly Series[];
}

/** Groups series by datastream, in order of device and name (by UTF-16 code units). */
export function datastreamsOf(series: Iterable<Series>): Datastream[] {
  const groups = new Map<string, { device: string; name: string; series: Series[] }>();
  for (const one of series) {
    // Names hold no control characters.
    const key = `${one.device}\n${one.name}`;
    const group = groups.get(key);
    if (group) group.series.push(one);
    else groups.set(key, { device: one.device, name: one.name, series: [one] });
  }
  return [...groups.values()].sort(byDeviceAndName);
}

/** Order of datastreams. */
export function byDeviceAndName(
  a: { readonly device: string; readonly name: string },
  b: { readonly device: string; readonly name: string },
): number {
  if (a.device !== b.device) return a.device < b.device ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}
