import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CODECS } from '#codecs';
import {
  checkSchema,
  ExpressionWorker,
  previewSchema,
  type CompiledSchema,
  type MappingEnvironment,
} from '#mapping';
import { formatMicros, type ObservationValue, type Rejection, type SchemaDocument } from '#model';
import { OntologyHub, UnitTable } from '#semantics';

const RECEIVED = Date.parse('2026-11-23T02:40:12Z') * 1000;
const FOLDER = fileURLToPath(new URL('../../../ontologies/profiles/', import.meta.url));

/** What every suite maps with. */
export const environment: MappingEnvironment = {
  hub: OntologyHub.load(UnitTable.load()),
  codecs: CODECS,
  // A busy machine is no defect of a mapping.
  worker: new ExpressionWorker({ deadlineMs: 10_000 }),
};

/** A value as a test reads it: in the canonical unit of its property. */
export interface Mapped {
  readonly device: string;
  readonly name: string;
  readonly property: string;
  readonly value: ObservationValue;
  readonly unit: string | undefined;
  readonly time: string | undefined;
  readonly flags: number;
}

/** What a schema makes of a message. */
export interface Outcome {
  readonly values: readonly Mapped[];
  readonly rejected: readonly Rejection[];
  /** JSON Pointers that nothing reads. */
  readonly unmapped: readonly string[];
}

/** Compiles a document. @throws Error that names every problem */
export function compile(document: unknown): CompiledSchema {
  const checked = checkSchema(document, environment, { version: 1, createdAt: '2026-01-01T00:00:00Z' });
  if (checked.ok) return checked.schema;
  throw new Error(checked.errors.map((one) => `${one.pointer} ${one.code}: ${one.message}`).join('\n'));
}

/** Names of the profiles. */
export function profileNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** The document of a profile. */
export function profileDocument(name: string): SchemaDocument {
  return JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8')) as SchemaDocument;
}

const compiled = new Map<string, CompiledSchema>();

/** A profile, compiled. */
export function profile(name: string): CompiledSchema {
  let schema = compiled.get(name);
  if (!schema) compiled.set(name, (schema = compile(profileDocument(name))));
  return schema;
}

/** Maps a payload: a text is raw, anything else its JSON. */
export async function mapMessage(schema: CompiledSchema, topic: string, payload: unknown): Promise<Outcome> {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  const { values, rejected, unmapped } = await previewSchema(schema, {
    topic,
    payload: bytes,
    received: RECEIVED,
  });
  return {
    values: values.map(({ target, value, time, flags }) => ({
      device: target.device,
      name: target.name,
      property: target.property.term,
      value,
      unit: target.property.unit,
      time: time === undefined ? undefined : formatMicros(time),
      flags,
    })),
    rejected,
    unmapped,
  };
}

/** Name and value, which is what most tables state. */
export function valuesOf({ values }: Outcome): Record<string, ObservationValue> {
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

/** Lets the process end. */
export async function closeMapping(): Promise<void> {
  await environment.worker.close();
}
