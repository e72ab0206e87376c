import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Alignment, ConceptState, ObservableProperty, ValueType } from '#model';

/** A property as `ontologies/core/properties/` writes it. */
interface PropertyEntry {
  readonly term: string;
  readonly label: string;
  readonly definition: string;
  readonly kind: string;
  readonly type: ValueType;
  readonly unit?: string;
  readonly broader?: readonly string[];
  readonly circular?: boolean;
  readonly states?: readonly ConceptState[];
  readonly alignments?: readonly Alignment[];
}

/** A quality flag as `ontologies/core/flags.json` writes it. */
export interface FlagEntry {
  readonly term: string;
  readonly label: string;
  readonly definition: string;
}

function read(path: string): unknown {
  const file = fileURLToPath(import.meta.resolve(`#ontologies/core/${path}`));
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The core ontology's properties, in the order of the files. */
export function readCoreProperties(): ObservableProperty[] {
  const { properties } = read('index.json') as { properties: string[] };
  return properties.flatMap((file) =>
    (read(`properties/${file}`) as { properties: PropertyEntry[] }).properties.map(
      ({ broader = [], circular = false, alignments = [], ...entry }): ObservableProperty => ({
        ...entry,
        origin: 'core',
        broader,
        circular,
        alignments,
      }),
    ),
  );
}

/** The quality flags. */
export function readFlags(): FlagEntry[] {
  return (read('flags.json') as { flags: FlagEntry[] }).flags;
}

/** The JSON-LD context that is served as `/api/contexts/v1.jsonld`. */
export function readContext(): { readonly '@context': Readonly<Record<string, unknown>> } {
  return read('context-v1.json') as ReturnType<typeof readContext>;
}
