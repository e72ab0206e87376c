import type { Rest } from '../../flow/support/rest.js';
import { closedLedger } from '../../flow/support/observations.js';
import { FLEET_VALUES, type Fleet } from './fleet.js';

/** One value as CSV tells it. */
export interface Row {
  readonly device: string;
  readonly name: string;
  readonly time: string;
  readonly resultTime: string;
  readonly value: number;
  readonly id: string;
}

/** Every observation that a query finds, page after page, as CSV: the leanest way to read very many. */
export async function* rows(rest: Rest, query = ''): AsyncGenerator<Row> {
  let path: string | undefined = `/api/observations?limit=10000&order=asc${query}`;
  while (path !== undefined) {
    const { status, text, headers } = await rest.get(path, 'text/csv');
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    const [head = '', ...lines] = text.trimEnd().split('\r\n');
    const columns = head.split(',');
    const at = (name: string) => columns.indexOf(name);
    const [device, name, time, resultTime, value, id] = [
      at('device'),
      at('datastream'),
      at('phenomenonTime'),
      at('resultTime'),
      at('value'),
      at('id'),
    ];
    for (const line of lines) {
      const cells = line.split(',');
      yield {
        device: cells[device]!,
        name: cells[name]!,
        time: cells[time]!,
        resultTime: cells[resultTime]!,
        value: Number(cells[value]),
        id: cells[id]!,
      };
    }
    const next: string | undefined = /<([^>]+)>; *rel="?next/.exec(headers.get('link') ?? '')?.[1];
    path = next === undefined ? undefined : new URL(next).pathname + new URL(next).search;
  }
}

/**
 * Compares what is stored with what the fleets sent, when all of it is acknowledged: each message once, all five
 * values of it, one id for each, and a ledger that closes over them.
 * @returns what is wrong, in sentences; nothing when all is well
 */
export async function faultsOf(given: Fleet | readonly Fleet[], rest: Rest): Promise<string[]> {
  const fleets = Array.isArray(given) ? (given as Fleet[]) : [given as Fleet];
  const sentBy = fleets.flatMap(({ publishers, states }) =>
    publishers.map((publisher, i) => ({ publisher, state: states[i]! })),
  );
  const faults: string[] = [];
  const counts = new Map<string, Map<number, number>>();
  const ids = new Set<string>();
  let total = 0;
  for await (const { device, name, value, id } of rows(rest)) {
    const key = `${device}/${name}`;
    let seen = counts.get(key);
    if (!seen) counts.set(key, (seen = new Map()));
    seen.set(value, (seen.get(value) ?? 0) + 1);
    ids.add(id);
    total++;
  }
  if (ids.size !== total) faults.push(`${total} observations have ${ids.size} ids`);
  let sent = 0;
  for (const { publisher, state } of sentBy) {
    const device = publisher.topic.split('/').at(-1)!;
    sent += state.sent;
    if (state.acknowledged !== state.sent)
      faults.push(`${publisher.id}: ${state.acknowledged} of ${state.sent} acknowledged`);
    for (const name of FLEET_VALUES) {
      const seen = counts.get(`${device}/${name}`) ?? new Map<number, number>();
      if (publisher.constant) {
        const times = seen.get(publisher.offset ?? 0) ?? 0;
        if (times !== state.sent)
          faults.push(`${publisher.id}, value ${name}: ${times} of ${state.sent} are stored`);
        seen.delete(publisher.offset ?? 0);
        continue;
      }
      for (let n = 0; n < state.sent; n++) {
        const value = n * 16 + (publisher.offset ?? 0);
        const times = seen.get(value) ?? 0;
        if (times !== 1) faults.push(`${publisher.id}, message ${n}, value ${name}: stored ${times} times`);
        seen.delete(value);
      }
    }
  }
  for (const [key, seen] of counts)
    if (seen.size > 0 && sentBy.some(({ publisher: { topic } }) => topic.endsWith(`/${key.split('/')[0]!}`)))
      faults.push(
        `${key} has ${seen.size} values that nobody sent: ${[...seen.keys()].slice(0, 5).join(', ')}`,
      );
  const ledger = await closedLedger(rest);
  if (ledger['stored'] !== sent)
    faults.push(`the ledger has ${ledger['stored']} stored messages, ${sent} were sent`);
  const { body } = await rest.get('/api/messages/summary');
  if (body.values.stored !== total)
    faults.push(`the ledger has ${body.values.stored} stored values, ${total} are there`);
  const counted = await countsOf(rest);
  if (counted !== total) faults.push(`datastreams count ${counted} values, ${total} are there`);
  return faults.length > 20 ? [...faults.slice(0, 20), `and ${faults.length - 20} more`] : faults;
}

/** What the datastreams say that they hold, in all. */
async function countsOf(rest: Rest): Promise<number> {
  const { body } = await rest.get('/api/datastreams?limit=10000');
  return body.items.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
}
