import { topicProblem } from '#access';
import { deviceRefused, propertyChanged, type DeviceTable, type Ingest, type SeriesTable } from '#ingest';
import {
  clockFlag,
  previewSchema,
  type CompiledSchema,
  type MappedValue,
  type MapTarget,
  type PreviewMessage,
  type SchemaPreview,
} from '#mapping';
import {
  FLAGS,
  GlossaError,
  nowMicros,
  pointer,
  problem,
  type Micros,
  type ObservationRecord,
  type Problem,
  type Rejection,
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
    private readonly series: SeriesTable,
    private readonly renderer: ObservationRenderer,
  ) {}

  /** @throws GlossaError `body-invalid`, `schema-invalid`, `not-found` */
  async preview(body: unknown): Promise<PreviewAnswer> {
    const request = read(body);
    const received = nowMicros();
    const { topic, payload } = request;
    const message = { topic, payload, received };
    const schema = this.#schema(request);
    const taken = schema
      ? { schema, mapped: await previewSchema(schema, message) }
      : await this.#taker(message);
    if (!taken) {
      const text = `no schema's pattern fits the topic ${topic}`;
      return {
        observations: [],
        rejected: [{ stage: 'match', code: 'topic-unmatched', message: text }],
        unmapped: [],
        trace: [],
      };
    }
    const { values, rejected, unmapped, trace } = taken.mapped;
    const observations: object[] = [];
    const refused: Rejection[] = [];
    for (const value of values) {
      const refusal = this.#refusal(value.target, taken.schema);
      if (refusal) refused.push(refusal);
      else observations.push(this.#observation(value, taken.schema, received));
    }
    return {
      schema: taken.schema.id,
      observations,
      rejected: [...rejected, ...refused],
      unmapped,
      trace,
    };
  }

  #schema({ schema, schemaId }: PreviewRequest): CompiledSchema | undefined {
    if (schema !== undefined) return this.schemas.compile(schema);
    if (schemaId === undefined) return undefined;
    const found = this.schemas.compiled(schemaId);
    if (!found) throw new GlossaError('not-found', `there is no schema ${schemaId}`);
    return found;
  }

  /** The schema that would take the message, chosen as the line chooses; the first that fits when none applies. */
  async #taker(message: PreviewMessage): Promise<Taken | undefined> {
    let first: Taken | undefined;
    let failed: Taken | undefined;
    let applies: Taken | undefined;
    for (const { bound } of this.ingest.snapshot.route(message.topic).candidates) {
      const { schema } = bound;
      const taken: Taken = { schema, mapped: await previewSchema(schema, message) };
      const { mapped } = taken;
      first ??= taken;
      if (mapped.rejected.length > 0) failed ??= taken;
      if (!mapped.applies) continue;
      applies ??= taken;
      const device = bound.device ?? mapped.values[0]?.target.device;
      if (device !== undefined && this.devices.get(device)?.schemas.includes(schema.id)) return taken;
    }
    return applies ?? failed ?? first;
  }

  /** What the line would say of a value that it does not take. */
  #refusal(target: MapTarget, { document }: CompiledSchema): Rejection | undefined {
    const refusal = this.devices.refusal(target.device, document.autoCreate ?? true);
    if (refusal) return deviceRefused(target, refusal, this.devices.limit);
    const known = this.series.datastream(target.device, target.name);
    return known && known.property !== target.property.term ? propertyChanged(target) : undefined;
  }

  #observation(
    { target, value, time, flags }: MappedValue,
    schema: CompiledSchema,
    received: Micros,
  ): object {
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
  }
}

/** A schema and what it makes of the message. */
interface Taken {
  readonly schema: CompiledSchema;
  readonly mapped: SchemaPreview;
}

function read(body: unknown): PreviewRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const hint = 'Give { "schema" or "schemaId", "topic", "payload" or "payloadBase64" }.';
    throw new GlossaError('body-invalid', 'a preview is an object', [
      problem('', 'body-invalid', 'a preview is an object', hint),
    ]);
  }
  const errors: Problem[] = [];
  const fail = (at: string, message: string, hint?: string) =>
    errors.push(problem(at, 'body-invalid', message, hint));
  const given = body as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!MEMBERS.includes(name))
      fail(pointer(name), `a preview has no member ${name}`, `It takes ${MEMBERS.join(', ')}.`);
  }
  const { schema, schemaId, topic, payload, payloadBase64 } = given;
  const wrong = typeof topic === 'string' ? topicProblem(topic) : 'topic is missing';
  if (wrong !== undefined) fail('/topic', wrong, 'Give the topic as it would be published to.');
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
