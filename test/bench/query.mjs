import { get } from 'node:http';
import { ADMIN_TOKEN } from './processes.mjs';

/** One query, read to its end: milliseconds and bytes. */
export async function measuredQuery(gateway, path) {
  const began = performance.now();
  const { bytes } = await read(gateway.url + path, 'application/ld+json');
  return { ms: performance.now() - began, bytes };
}

/**
 * A long answer, page after page, in one media type.
 * @param rows how many to read: whole pages of 10,000
 */
export async function pagesOf(gateway, path, type, rows) {
  const began = performance.now();
  let page = path;
  let bytes = 0;
  let left = rows;
  for (; left > 0 && page !== undefined; left -= 10_000) {
    const answer = await read(gateway.url + page, type);
    bytes += answer.bytes;
    page = answer.next;
  }
  if (left > 0) throw new Error(`${path} has fewer than ${rows} rows`);
  const ms = performance.now() - began;
  return { ms, bytes, perSecond: (rows * 1000) / ms };
}

/** Reads and forgets; what costs is to be the server. */
function read(url, type) {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, Accept: type } });
    request.once('error', reject);
    request.once('response', (response) => {
      let bytes = 0;
      response.on('data', (chunk) => (bytes += chunk.length));
      response.once('error', reject);
      response.once('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
        else resolve({ bytes, next: next(response.headers.link) });
      });
    });
  });
}

/** Path and query of the page that follows; its host is the base URL's. */
function next(link) {
  const url = /<([^>]*)>; *rel="next"/.exec(link ?? '')?.[1];
  return url && url.slice(new URL(url).origin.length);
}
