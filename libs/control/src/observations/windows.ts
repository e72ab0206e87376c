import { GlossaError, problem, type Micros } from '#model';
import type { Tiling } from './tiling.js';

/** More windows than anyone reads; a smaller span or a longer interval is asked for. */
const MAX_WINDOWS = 100_000;

/** The times asked for, and those of the first and last value between them. */
export interface WindowSpan {
  readonly from?: Micros | undefined;
  readonly to?: Micros | undefined;
  readonly first: Micros;
  readonly last: Micros;
}

/**
 * Boundaries of the windows that may hold values, n + 1 for n windows. The outer ones are cut where a time was asked
 * for, and whole where none was.
 * @throws GlossaError `query-invalid`
 */
export function windowBounds({ from, to, first, last }: WindowSpan, windows: Tiling): Float64Array {
  const bounds: number[] = [];
  for (const start of windows.from(first)) {
    bounds.push(start);
    if (start > last) break;
    if (bounds.length <= MAX_WINDOWS) continue;
    const message = `the interval makes more than ${MAX_WINDOWS} windows of what is stored`;
    throw new GlossaError('query-invalid', message, [
      problem('interval', 'query-invalid', message, 'Use a longer interval or a smaller span.'),
    ]);
  }
  bounds[0] = Math.max(bounds[0]!, from ?? bounds[0]!);
  bounds.push(Math.min(bounds.pop()!, to ?? Infinity));
  return Float64Array.from(bounds);
}
