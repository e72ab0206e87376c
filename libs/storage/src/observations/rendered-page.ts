import { GlossaError, type ObservationRecord, type Render, type Series } from '#model';
import { PageEncoder, UnitTable, type EncodedPage, type ReadConversion } from '#semantics';

/** Bytes of a chunk: of the first, so that a page begins soon, and of those that follow. */
const FIRST_CHUNK = 64 * 1024;
const CHUNK = 256 * 1024;
/** Encoders that are kept; the one that was not used for longest goes. */
const MAX_ENCODERS = 8;

/** Renders pages. What was learnt of a series' rows is kept for the pages that follow. */
export class PageRenderer {
  private readonly encoders = new Map<string, PageEncoder>();

  /**
   * Writes records to UTF-8 chunks, made as they are asked for; a record may be the same object as the one before.
   * Throws GlossaError ('unit-incompatible' or 'unit-unknown') at once when a series cannot be had in the unit.
   *
   * @param series those of the records
   */
  chunks(
    records: Iterable<ObservationRecord>,
    series: Iterable<Series>,
    render: Render,
    next: string | undefined,
  ): Generator<Uint8Array<ArrayBuffer>, void> {
    const conversions = conversionsOf(series, render.unit);
    return chunksOf(records, this.encoderOf(render).page(render.id), next, conversions);
  }

  private encoderOf({ format, baseUrl, unit }: Render): PageEncoder {
    const key = [format, unit, baseUrl].join(' ');
    const known = this.encoders.get(key) ?? new PageEncoder(format, baseUrl);
    this.encoders.delete(key);
    this.encoders.set(key, known);
    for (const oldest of this.encoders.keys()) {
      if (this.encoders.size <= MAX_ENCODERS) break;
      this.encoders.delete(oldest);
    }
    return known;
  }
}

function* chunksOf(
  records: Iterable<ObservationRecord>,
  page: EncodedPage,
  next: string | undefined,
  conversions: ReadonlyMap<Series, ReadConversion>,
): Generator<Uint8Array<ArrayBuffer>, void> {
  const head = Buffer.from(page.head());
  let buffer = Buffer.allocUnsafeSlow(Math.max(FIRST_CHUNK, head.length));
  let at = head.copy(buffer);
  for (const record of records) {
    const room = page.prepare(record, conversions.get(record.series));
    if (at + room > buffer.length) {
      if (at > 0) yield whole(buffer, at);
      buffer = Buffer.allocUnsafeSlow(Math.max(CHUNK, room));
      at = 0;
    }
    at = page.write(buffer, at);
  }
  const tail = Buffer.from(page.tail(next));
  if (at + tail.length > buffer.length) {
    yield whole(buffer, at);
    yield whole(tail, tail.length);
  } else {
    tail.copy(buffer, at);
    at += tail.length;
    if (at > 0) yield whole(buffer, at);
  }
}

/** A buffer's bytes up to a place, in memory of their own without much room behind them. */
function whole(buffer: Buffer, end: number): Uint8Array<ArrayBuffer> {
  return end < buffer.length / 2 || buffer.length < buffer.buffer.byteLength
    ? new Uint8Array(buffer.subarray(0, end))
    : (buffer.subarray(0, end) as Uint8Array<ArrayBuffer>);
}

/** How each series' quantities get to the unit; series that are in it already are left out. */
function conversionsOf(all: Iterable<Series>, unit: string | undefined): Map<Series, ReadConversion> {
  const conversions = new Map<Series, ReadConversion>();
  if (unit === undefined) return conversions;
  for (const series of new Set(all)) {
    if (series.type !== 'quantity' || series.unit === unit) continue;
    conversions.set(series, { unit, apply: conversionOf(series, unit) });
  }
  return conversions;
}

function conversionOf({ unit: from, kind, device, name }: Series, to: string): (value: number) => number {
  const table = UnitTable.load();
  const [source, target] = [table.get(from), table.get(to)];
  if (!source || !target) {
    throw new GlossaError('unit-unknown', `There is no unit ${source ? to : from} in the unit table.`);
  }
  const conversion = table.conversion(source, target, kind);
  if ('error' in conversion) {
    throw new GlossaError('unit-incompatible', `${device}/${name}: ${conversion.error.message}`);
  }
  return conversion.apply;
}
