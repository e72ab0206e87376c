import type { Rest } from '../../flow/support/rest.js';
import { closedLedger } from '../../flow/support/observations.js';
import { FLEET_VALUES, type Fleet } from './fleet.js';

/** One value as CSV tells it. */
export interface Row {
  readonly device: string;
  readonly name: string;
  readonly time: string;
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
    const [device, name, time, value, id] = [
      at('device'),
      at('datastream'),
      at('phenomenonTime'),
      at('value'),
      at('id'),
    ];
    for (const line of lines) {
      const cells = line.split(',');
      yield {
        device: cells[device]!,
        name: cells[name]!,
        time: cells[time]!,
        value: Number(cells[value]),
        id: cells[id]!,
      };
    }
    const next: string | undefined = /<([^>]+)>; *rel="?next/.exec(headers.get('link') ?? '')?.[1];
    path = next === undefined ? undefined : new URL(next).pathname + new URL(next).search;
  }
}

/**
 * Compares what is stored with what the fleet sent, when all of it is acknowledged: each message once, all five
 * values of it, one id for each, and a ledger that closes over them.
 * @returns what is wrong, in sentences; nothing when all is well
 */
export async function faultsOf(fleet: Fleet, rest: Rest): Promise<string[]> {
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
  for (const [i, publisher] of fleet.publishers.entries()) {
    const device = publisher.topic.split('/').at(-1)!;
    const state = fleet.states[i]!;
    sent += state.sent;
    if (state.acknowledged !== state.sent)
      faults.push(`${publisher.id}: ${state.acknowledged} of ${state.sent} acknowledged`);
    for (const name of FLEET_VALUES) {
      const seen = counts.get(`${device}/${name}`) ?? new Map<number, number>();
      for (let n = 0; n < state.sent; n++) {
        const value = n * 16 + (publisher.offset ?? 0);
        const times = seen.get(value) ?? 0;
        if (times !== 1) faults.push(`${publisher.id}, message ${n}, value ${name}: stored ${times} times`);
        seen.delete(value);
      }
    }
  }
  for (const [key, seen] of counts)
    if (seen.size > 0 && fleet.publishers.some(({ topic }) => topic.endsWith(`/${key.split('/')[0]!}`)))
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
