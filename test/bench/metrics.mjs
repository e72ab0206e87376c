/**
 * What a gateway says at /metrics, in Prometheus' text form: value by name and labels as they are written.
 * @throws where it answers with an error
 */
export async function metricsOf(url, token) {
  const response = await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${url}/metrics: ${response.status} ${await response.text()}`);
  const found = new Map();
  for (const line of (await response.text()).split('\n')) {
    const match = /^([a-z_0-9]+(?:\{[^}]*\})?) (\S+)/.exec(line);
    if (match) found.set(match[1], Number(match[2]));
  }
  return found;
}

/** Counts of a histogram by upper bound, ascending; each counts those below too. */
export function buckets(metrics, name, label = '') {
  const found = [];
  for (const [key, count] of metrics) {
    if (!key.startsWith(`${name}_bucket{`) || !key.includes(label)) continue;
    const bound = /le="([^"]*)"/.exec(key)?.[1];
    found.push([bound === '+Inf' ? Infinity : Number(bound), count]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}

/** The bound that a share `q` of what came between two readings did not exceed; NaN when nothing came. */
export function quantile(q, now, before = []) {
  const earlier = new Map(before);
  const counts = now.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total === 0) return Number.NaN;
  return counts.find(([, count]) => count >= q * total)[0];
}
