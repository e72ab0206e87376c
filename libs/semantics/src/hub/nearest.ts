import { editDistance } from '../units/distance.js';

const MOST = 3;

/**
 * The names nearest to a misspelt one: those that contain it, are few edits away, or have words in them that are
 * (`humidty`: `RelativeHumidity`); the nearest first.
 */
export function nearest(text: string, names: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, distance: rank(wanted, name, limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, MOST)
    .map(({ name }) => name);
}

function rank(wanted: string, name: string, limit: number): number {
  const whole = name.toLowerCase();
  if (whole === wanted) return 0;
  if (wanted.length >= 3 && (whole.includes(wanted) || wanted.includes(whole))) return 1;
  const distance = editDistance(wanted, whole, limit);
  // Within a short word nearly everything is few edits away.
  if (distance <= 1 || wanted.length < 5) return distance;
  return Math.min(distance, ...runsOfWords(name).map((run) => 1 + editDistance(wanted, run, limit)));
}

/** `WindGustSpeed`: `wind`, `windgust`, `gust`, `gustspeed`, `speed`. */
function runsOfWords(name: string): string[] {
  const words = name.split(/(?=[A-Z])|[-_ ]/).map((word) => word.toLowerCase());
  return words.flatMap((_, from) =>
    words.slice(from).map((__, more) => words.slice(from, from + more + 1).join('')),
  );
}
