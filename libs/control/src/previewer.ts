import type { DeviceTable, Ingest } from '#ingest';
import { clockFlag, previewSchema, type CompiledSchema, type SchemaPreview } from '#mapping';
import {
  FLAGS,
  GlossaError,
  nowMicros,
  problem,
  type ObservationRecord,
  type Problem,
  type Series,
} from '#model';
import type { ObservationRenderer } from '#semantics';
import type { SchemaRegistry } from './schema-registry.js';

/** What `POST /preview` answers. */
export interface PreviewAnswer {
  readonly schema?: string;
  readonly observations: readonly object[];
  readonly rejected: SchemaPreview['rejected'];
  readonly unmapped: readonly string[];
  readonly trace: SchemaPreview['trace'];
}

interface PreviewRequest {
  readonly schema?: unknown;
  readonly schemaId?: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

const MEMBERS = ['schema', 'schemaId', 'topic', 'payload', 'payloadBase64'];

/** Maps a message without storing it, and tells each step. */
export class Previewer {
  constructor(
    private readonly schemas: SchemaRegistry,
    private readonly ingest: Ingest,
    private readonly devices: DeviceTable,
    private readonly renderer: ObservationRenderer,
  ) {}

  /** @throws GlossaError `body-invalid`, `schema-invalid`, `not-found` */
  async preview(body: unknown): Promise<PreviewAnswer> {
    const request = read(body);
    const received = nowMicros();
    const schema = await this.#schema(request);
    if (!schema) {
      const message = `no schema's pattern fits the topic ${request.topic}`;
      return {
        observations: [],
        rejected: [{ stage: 'match', code: 'topic-unmatched', message }],
        unmapped: [],
        trace: [],
      };
    }
    const { topic, payload } = request;
    const { values, rejected, unmapped, trace } = await previewSchema(schema, { topic, payload, received });
    const observations = values.map(({ target, value, time, flags }) => {
      const { device, name, property } = target;
      const series: Series = {
        id: 0,
        device,
        name,
        property: property.term,
        unit: property.unit ?? '',
        feature: target.feature ?? this.devices.get(device)?.feature ?? '',
        kind: property.kind,
        type: property.type,
        origin: property.origin,
        circular: property.circular,
      };
      const record: ObservationRecord = {
        series,
        time: time ?? received,
        nth: 0,
        value,
        resultTime: received,
        schema: { id: 0, schema: schema.id, version: schema.version },
        flags: time !== undefined && clockFlag(time, received) ? flags | FLAGS.clock : flags,
      };
      return this.renderer.object(record);
    });
    return { schema: schema.id, observations, rejected, unmapped, trace };
  }

  async #schema({ schema, schemaId, topic }: PreviewRequest): Promise<CompiledSchema | undefined> {
    if (schema !== undefined) return this.schemas.check(schema, { examples: false });
    if (schemaId === undefined) return this.ingest.snapshot.route(topic).candidates[0]?.bound.schema;
    const found = this.schemas.compiled(schemaId);
    if (!found) throw new GlossaError('not-found', `there is no schema ${schemaId}`);
    return found;
  }
}

function read(body: unknown): PreviewRequest {
  const errors: Problem[] = [];
  const fail = (at: string, message: string, hint?: string) =>
    errors.push(problem(at, 'body-invalid', message, hint));
  const given =
    typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as Record<string, unknown>)
      : {};
  for (const name of Object.keys(given)) {
    if (!MEMBERS.includes(name))
      fail(`/${name}`, `a preview has no member ${name}`, `It takes ${MEMBERS.join(', ')}.`);
  }
  const { schema, schemaId, topic, payload, payloadBase64 } = given;
  if (typeof topic !== 'string' || topic === '')
    fail('/topic', 'topic is missing', 'Give the topic as it would be published to.');
  if (schema !== undefined && schemaId !== undefined)
    fail('/schemaId', 'schema and schemaId exclude each other');
  if (schemaId !== undefined && typeof schemaId !== 'string') fail('/schemaId', 'schemaId is a text');
  if (payload === undefined && payloadBase64 === undefined)
    fail('/payload', 'payload or payloadBase64 is missing');
  if (payload !== undefined && payloadBase64 !== undefined)
    fail('/payloadBase64', 'payload and payloadBase64 exclude each other');
  if (
    payloadBase64 !== undefined &&
    (typeof payloadBase64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(payloadBase64))
  ) {
    fail('/payloadBase64', 'payloadBase64 is not base64');
  }
  if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
  const bytes =
    payloadBase64 !== undefined
      ? Buffer.from(payloadBase64 as string, 'base64')
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return {
    topic: topic as string,
    payload: bytes,
    ...(schema !== undefined && { schema }),
    ...(schemaId !== undefined && { schemaId: schemaId as string }),
  };
}
