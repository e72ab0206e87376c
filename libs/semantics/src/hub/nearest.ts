const MOST = 3;

/** The names nearest to a misspelt one: those that contain it or few edits away, the nearest first. */
export function nearest(text: string, names: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  if (wanted === '') return [];
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, distance: rank(wanted, name.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.name.length - b.name.length)
    .slice(0, MOST)
    .map(({ name }) => name);
}

function rank(wanted: string, name: string, limit: number): number {
  if (wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name))) return 1;
  if (Math.abs(name.length - wanted.length) > limit) return Infinity;
  return editDistance(wanted, name);
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
