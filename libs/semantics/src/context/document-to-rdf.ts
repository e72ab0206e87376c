import { NS } from '#model';
import { createDocumentLoader } from './document-loader.js';

/**
 * Writes a JSON-LD document as N-Quads or Turtle. In safe mode: what would be dropped is an error. For single
 * documents; pages have writers of their own.
 */
export async function documentToRdf(
  document: object,
  format: 'n-quads' | 'turtle',
  baseUrl: string,
): Promise<string> {
  // Loaded when first needed: they take 20 MB, and every thread that reads observations loads this library.
  const { default: jsonld } = await import('jsonld');
  const { Parser, Writer } = await import('n3');
  const options = {
    format: 'application/n-quads',
    documentLoader: createDocumentLoader(baseUrl),
    safe: true,
  };
  const quads = (await jsonld.toRDF(document, options as object)) as unknown as string;
  if (format === 'n-quads') return quads;
  const { glossa, sosa, ssn, qudt, unit, quantitykind, prov, geo, xsd, skos, dcterms, hydra } = NS;
  const writer = new Writer({
    prefixes: { glossa, sosa, ssn, qudt, unit, quantitykind, prov, geo, xsd, skos, dcterms, hydra },
  });
  writer.addQuads(new Parser({ format: 'N-Quads' }).parse(quads));
  return new Promise((resolve, reject) => {
    writer.end((error: Error | null, text: string) => (error ? reject(error) : resolve(text)));
  });
}
