/**
 * What a saw-tooth, such as memory that is collected, comes down to: the least value in each third of the time, and how
 * much the last is above the second, in an hour. The first third holds the warm-up.
 * @param points minute and value, in order of time, over `minutes`
 */
export function troughs(points, minutes) {
  const third = minutes / 3;
  const least = [0, 1, 2].map((nth) =>
    Math.min(...points.filter(([minute]) => Math.floor(minute / third) === nth).map(([, value]) => value)),
  );
  return { least, growth: ((least[2] - least[1]) / third) * 60 };
}
