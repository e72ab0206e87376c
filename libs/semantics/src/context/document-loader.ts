import { paths } from '#model';
import { readContext } from '../hub/core-data.js';

/** What jsonld asks a loader for. */
export interface RemoteDocument {
  readonly contextUrl?: string;
  readonly documentUrl: string;
  readonly document: object;
}

/**
 * A document loader for jsonld that serves this installation's context from the package and nothing else: no
 * document is ever fetched from the network.
 */
export function createDocumentLoader(baseUrl: string): (url: string) => Promise<RemoteDocument> {
  const context = readContext();
  return (url) => {
    if (url !== baseUrl + paths.context)
      return Promise.reject(new Error(`${url} is not loaded: contexts come from this installation alone`));
    return Promise.resolve({ documentUrl: url, document: context });
  };
}
