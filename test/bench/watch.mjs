import { buckets, metricsOf, quantile } from './metrics.mjs';
import { figure, mebibytes, percent, whole } from './text.mjs';

const EVERY_MS = 1000;

/**
 * A live view of a running gateway, from its /metrics, until it is interrupted.
 * @param token for a gateway whose metrics ask for one
 */
export async function watch(url, token) {
  const terminal = process.stdout.isTTY;
  let before;
  for (;;) {
    const now = { at: performance.now(), metrics: await metricsOf(url.replace(/\/$/, ''), token) };
    if (before) {
      const lines = view(before, now).map(([name, value]) => `${name.padEnd(34)} ${value}`);
      process.stdout.write(
        `${terminal ? '\x1b[H\x1b[2J' : ''}${[`Glossa at ${url}`, ...lines].join('\n')}\n\n`,
      );
    }
    before = now;
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** Names and values of what happened between two readings. */
export function view(before, { at, metrics }) {
  const seconds = (at - before.at) / 1000;
  const value = (name) => metrics.get(name) ?? Number.NaN;
  const rate = (name) => (value(name) - (before.metrics.get(name) ?? 0)) / seconds;
  const states = [...metrics.keys()].filter((name) => name.startsWith('glossa_messages_total{'));
  const received = states.reduce((sum, name) => sum + rate(name), 0);
  const of = (name, label) =>
    [0.5, 0.99]
      .map((q) => quantile(q, buckets(metrics, name, label), buckets(before.metrics, name, label)) * 1000)
      .map(figure)
      .join(' / ');
  return [
    ['messages/s', whole(received)],
    ...states.map((name) => [`  ${/state="([^"]*)"/.exec(name)[1]}`, whole(rate(name))]),
    ['semantic deliveries/s', whole(rate('glossa_deliveries_total'))],
    ['arrival to PUBACK, ms p50 / p99', of('glossa_stage_seconds', 'stage="gate"')],
    ['append to commit, ms p50 / p99', of('glossa_stage_seconds', 'stage="store"')],
    [
      'at the gate, rows that wait',
      `${whole(value('glossa_gate_messages'))}, ${whole(value('glossa_store_rows_waiting'))}`,
    ],
    ['connections', whole(value('glossa_connections'))],
    ['CPU of one core', percent(rate('process_cpu_seconds_total'))],
    [
      'resident, heap used',
      `${mebibytes(value('process_resident_memory_bytes'))}, ${mebibytes(value('nodejs_heap_size_used_bytes'))}`,
    ],
    ['event loop late, ms p99', figure(value('nodejs_eventloop_lag_p99_seconds') * 1000)],
  ];
}
