import jsonld from 'jsonld';
import { Parser, Writer } from 'n3';
import { BASE } from './pages.js';
import type { Rest } from './rest.js';

/** What jsonld needs to expand what a running gateway says: its context, fetched from it, and nothing else. */
function loaderOf(rest: Rest) {
  return async (url: string) => {
    if (!url.startsWith(BASE)) throw new Error(`${url} is not of this service`);
    const { status, text } = await rest.get(url.slice(BASE.length));
    if (status !== 200) throw new Error(`${url}: ${text}`);
    return { documentUrl: url, document: JSON.parse(text) as object };
  };
}

/** The graph of a JSON-LD document, canonical. In safe mode: what would be dropped is an error. */
export async function graphOfJsonLd(document: object, rest: Rest): Promise<string[]> {
  const options = { algorithm: 'URDNA2015', documentLoader: loaderOf(rest), safe: true };
  return lines(await jsonld.canonize(document, options as object));
}

/** The graph of Turtle or N-Quads, canonical. */
export async function graphOfRdf(text: string, format: 'Turtle' | 'N-Quads'): Promise<string[]> {
  const quads = new Parser({ format }).parse(text);
  const plain = new Writer({ format: 'N-Quads' }).quadsToString(quads);
  const options = { algorithm: 'URDNA2015', inputFormat: 'application/n-quads' };
  return lines(await jsonld.canonize(plain as unknown as jsonld.JsonLdDocument, options as object));
}

function lines(canonical: unknown): string[] {
  return (canonical as string).trimEnd().split('\n');
}
