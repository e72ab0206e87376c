import { pointerSegment } from '#model';
import type { CompiledSchema } from './compiled-schema.js';

const MOST = 200;

/**
 * JSON Pointers of what a payload holds and no expression reads, the first of each kind in an array. Leaves only:
 * a device that begins to say more is seen here.
 */
export function unmappedPaths(schema: CompiledSchema, payload: unknown): string[] {
  const { rules, shared, each, match } = schema.parts;
  const bases = each ? [...each.reads].map(withoutRoot) : [''];
  const wide = new Set<string>();
  const narrow = new Set<string>();
  // What `each` and `match` look at is read, but not all below it.
  for (const read of [...(each?.reads ?? []), ...(match?.reads ?? [])]) narrow.add(withoutRoot(read));
  const rest = shared.filter((expression) => expression !== each && expression !== match);
  for (const read of [
    ...rules.flatMap(({ parts }) => parts.reads),
    ...rest.flatMap(({ reads }) => [...reads]),
  ]) {
    if (read.startsWith('$payload')) wide.add(withoutRoot(read));
    else for (const base of bases) wide.add(base + read);
  }
  for (const rule of rules) {
    for (const expression of [...rule.parts.outer, ...rest])
      for (const read of expression.reads) wide.add(withoutRoot(read));
  }
  const found: string[] = [];
  const seen = new Set<string>();
  collect(payload, '', '', (pointer, shape) => {
    if (found.length >= MOST || seen.has(shape) || narrow.has(shape) || isRead(shape, wide)) return;
    seen.add(shape);
    found.push(pointer);
  });
  return found;
}

function withoutRoot(read: string): string {
  return read.startsWith('$payload') ? read.slice('$payload'.length) : read;
}

function isRead(shape: string, wide: ReadonlySet<string>): boolean {
  for (let end = shape.length; end >= 0; end = end === 0 ? -1 : shape.lastIndexOf('/', end - 1)) {
    if (wide.has(shape.slice(0, end))) return true;
  }
  return false;
}

/** Visits the leaves with their pointer and with the pointer less array indexes. */
function collect(
  value: unknown,
  pointer: string,
  shape: string,
  visit: (pointer: string, shape: string) => void,
): void {
  if (Array.isArray(value) && value.length > 0) {
    for (const [i, item] of (value as unknown[]).entries()) collect(item, `${pointer}/${i}`, shape, visit);
  } else if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) {
      const segment = `/${pointerSegment(key)}`;
      collect(item, pointer + segment, shape + segment, visit);
    }
  } else visit(pointer, shape);
}
