import type { Rest } from './rest.js';

/** Every number that a query finds, by datastream (`device/name`), page after page. */
export async function numbersByDatastream(rest: Rest, query = ''): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  let path: string | undefined = `/api/observations?limit=10000${query}`;
  while (path !== undefined) {
    const { status, body, text } = await rest.get(path);
    if (status !== 200) throw new Error(text);
    for (const { datastream, hasResult } of body.member) {
      const key = decodeURIComponent(datastream.split('/api/datastreams/')[1]);
      if (!found.has(key)) found.set(key, []);
      found.get(key)!.push(hasResult.numericValue);
    }
    const next: URL | undefined = body.next && new URL(body.next);
    path = next && next.pathname + next.search;
  }
  return found;
}

/** The ledger's message counts. @throws when it does not close */
export async function closedLedger(rest: Rest): Promise<Record<string, number>> {
  const { status, body, text } = await rest.get('/api/messages/summary');
  if (status !== 200) throw new Error(text);
  const { received, ...states } = body.messages as Record<string, number>;
  const sum = Object.values(states).reduce((a, b) => a + b, 0);
  if (received !== sum) throw new Error(`the ledger does not close: ${text}`);
  return body.messages;
}
