import { load } from './processes.mjs';

/** Seconds of load before what is measured. */
const WARM_UP = 1.5;

/** One timed run of a server that has warmed up, in rates and shares. */
export async function measured(job, options) {
  const { seconds } = options;
  const warmUp = await load({ ...job, ...options, rate: undefined, seconds: Math.min(WARM_UP, seconds) });
  const { observations } = job;
  return { ...figures(await load({ ...job, ...options })), warmUp, observations };
}

/** Rates of a result of the load, CPU time in microseconds a delivery, and shares of one core. */
export function figures(result) {
  const { sent, received, expected, unacknowledged, elapsed, cpu } = result;
  return {
    ...result,
    raw: sent / elapsed,
    deliveries: received / elapsed,
    size: Math.round(result.bytes / received),
    serverMicros: cpu.server / received,
    serverMicrosRaw: cpu.server / sent,
    loadMicros: cpu.load / received,
    serverShare: cpu.server / elapsed / 1e6,
    loadShare: cpu.load / elapsed / 1e6,
    complaints: [
      received === expected ? '' : `received ${received} of ${expected}`,
      unacknowledged === 0 ? '' : `${unacknowledged} without acknowledgement`,
    ].filter(Boolean),
  };
}

/** The same of a gateway; rows, ledger and what was sent must agree afterwards. */
export async function measuredGateway(gateway, job, options) {
  const before = await gateway.ledger();
  const rowsBefore = await gateway.rows();
  // Each device has been heard once: the first message of a device costs more, and is not what is asked for.
  await load({
    ...job,
    ...options,
    rate: undefined,
    seconds: Math.min(WARM_UP, options.seconds),
    atLeast: 2 * job.messages.length,
  });
  const warm = await gateway.ledger();
  const result = figures(await load({ ...job, ...options }));
  const ledger = await gateway.ledger(warm.messages.received + result.sent);
  const rows = (await gateway.rows()) - rowsBefore;
  const stored = ledger.messages.stored - warm.messages.stored;
  const values = ledger.values.stored - before.values.stored;
  if (stored !== result.sent) result.complaints.push(`stored ${stored} of ${result.sent}`);
  if (rows !== values) result.complaints.push(`${rows} rows, the ledger says ${values}`);
  return { ...result, memory: gateway.memory().peak };
}

/** Median, least and most. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

/** The spread of one figure over runs. */
export function over(runs, name) {
  return spread(runs.map((run) => run[name]));
}
