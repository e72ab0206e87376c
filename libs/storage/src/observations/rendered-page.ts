import { GlossaError, type ObservationRecord, type Render } from '#model';

/** Writes records to UTF-8 chunks. */
export function* renderChunks(
  records: readonly ObservationRecord[],
  render: Render,
  next: string | undefined,
): Generator<Uint8Array<ArrayBuffer>, void> {
  throw new GlossaError('unavailable', `No renderer for ${render.format}, ${records.length}, ${next}`);
}
