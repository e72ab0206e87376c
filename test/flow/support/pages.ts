import type { Rest } from './rest.js';

/** Where the tests' gateways say they are. */
export const BASE = 'http://glossa.test';

/** Every page of a list or collection, following `next` as a program would. */
export async function pages(rest: Rest, path: string, member = 'items'): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (let next: string | undefined = BASE + path; next !== undefined;) {
    if (!next.startsWith(`${BASE}/api/`)) throw new Error(`${next} is no absolute URL`);
    const { status, body, text } = await rest.get(next.slice(BASE.length));
    if (status !== 200) throw new Error(`${next}: ${text}`);
    found.push(body[member]);
    if (found.length > 1000) throw new Error(`${path} has no end`);
    next = body.next;
  }
  return found;
}
