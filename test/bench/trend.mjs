/** Slope of the second half by least squares, a unit an hour, with mean and last value. */
export function trend(points) {
  const half = points.slice(Math.floor(points.length / 2));
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const x = mean(half.map(([minute]) => minute));
  const y = mean(half.map(([, value]) => value));
  const spread = half.reduce((sum, [minute]) => sum + (minute - x) ** 2, 0);
  const common = half.reduce((sum, [minute, value]) => sum + (minute - x) * (value - y), 0);
  return { slope: spread === 0 ? Number.NaN : (common / spread) * 60, mean: y, last: points.at(-1)?.[1] };
}
