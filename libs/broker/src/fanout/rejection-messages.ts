import type { Outcome } from '#ingest';
import { encodeSegment, paths } from '#model';

/**
 * What `glossa/rejected/{device}` says of a message that was not stored, or of values of one that was:
 * one message a reason. `_` stands where no device is known.
 */
export function* rejectionMessages(
  outcome: Outcome,
  baseUrl: string,
): Generator<{ topic: string; payload: string }> {
  const { raw, state, device, schema } = outcome;
  const topic = `glossa/rejected/${device === undefined ? '_' : encodeSegment(device)}`;
  const [id, , version] = schema?.split('/') ?? [];
  for (const { stage, code, message, pointer, name, item } of outcome.rejections) {
    const payload = JSON.stringify({
      state,
      stage,
      code,
      message,
      pointer,
      datastream: name,
      item,
      schema: id === undefined ? undefined : baseUrl + paths.schemaVersion(id, Number(version)),
      topic: raw.topic,
      received: new Date(raw.received / 1000).toISOString(),
    });
    yield { topic, payload };
  }
}
