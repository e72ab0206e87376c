import { GlossaError, type ObservationRecord, type Render, type Series } from '#model';
import { createPageWriter, UnitTable, type ReadConversion } from '#semantics';

/** Characters after which a chunk is handed on. */
const CHUNK = 64 * 1024;

/**
 * Writes records to UTF-8 chunks of about 64 KiB, made as they are asked for. Throws GlossaError
 * ('unit-incompatible' or 'unit-unknown') at once when a series cannot be had in the unit.
 */
export function renderChunks(
  records: readonly ObservationRecord[],
  render: Render,
  next: string | undefined,
): Generator<Uint8Array<ArrayBuffer>, void> {
  return chunks(records, render, next, conversionsOf(records, render.unit));
}

function* chunks(
  records: readonly ObservationRecord[],
  { format, baseUrl, id }: Render,
  next: string | undefined,
  conversions: ReadonlyMap<Series, ReadConversion>,
): Generator<Uint8Array<ArrayBuffer>, void> {
  const encoder = new TextEncoder();
  const writer = createPageWriter(format, { baseUrl, id });
  let text = writer.head();
  for (const [i, record] of records.entries()) {
    text += writer.row(record, conversions.get(record.series), i === 0);
    if (text.length >= CHUNK) {
      yield encoder.encode(text);
      text = '';
    }
  }
  text += writer.tail(next);
  if (text !== '') yield encoder.encode(text);
}

/** How each series' quantities get to the unit; series that are in it already are left out. */
function conversionsOf(
  records: readonly ObservationRecord[],
  unit: string | undefined,
): Map<Series, ReadConversion> {
  const conversions = new Map<Series, ReadConversion>();
  if (unit === undefined) return conversions;
  const seen = new Set<Series>();
  for (const { series } of records) {
    if (seen.has(series) || series.type !== 'quantity' || series.unit === unit) continue;
    seen.add(series);
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
