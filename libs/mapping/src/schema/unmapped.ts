import { pointer, pointerSegment } from '#model';
import type { Rule } from '../rules/rule.js';
import type { CompiledSchema } from './compiled-schema.js';

const MOST = 200;
/** How a read of the whole payload begins, where the expression's input is an item. */
const ROOT = '$payload';

/**
 * JSON Pointers of what a payload holds and no expression reads, the first of each kind in an array. Leaves only:
 * a device that begins to say more is seen here.
 */
export function unmappedPaths(schema: CompiledSchema, payload: unknown): string[] {
  const { rules, shared, each, match } = schema.parts;
  const bases = each ? [...each.reads].map(fromRoot) : [''];
  const wide = new Set<string>();
  const narrow = new Set<string>();
  const note = (into: Set<string>, read: string, alsoRoot: boolean) => {
    if (read.startsWith(ROOT) || alsoRoot) into.add(fromRoot(read));
    if (!read.startsWith(ROOT)) for (const base of bases) into.add(base + read);
  };
  // What `each`, `match` and `when` look at is read, but not all below it.
  for (const read of [...(each?.reads ?? []), ...(match?.reads ?? [])]) narrow.add(fromRoot(read));
  const rest = shared.filter((expression) => expression !== each && expression !== match);
  const missed = missedNames(schema, payload);
  for (const rule of rules) {
    const { parts } = rule;
    for (const read of parts.looks) note(narrow, read, false);
    for (const read of parts.reads)
      if (!missed.has(rule) || read !== pointer(parts.name)) note(wide, read, false);
    for (const { reads } of parts.outer) for (const read of reads) note(wide, read, true);
  }
  for (const { reads } of rest) for (const read of reads) note(wide, read, true);
  // `data.tags.*` and computed items: how far below what `each` reads an item lies is not known.
  const below = each?.mode === 'worker' ? itemReads(schema) : undefined;
  const found: string[] = [];
  const seen = new Set<string>();
  collect(payload, '', '', (pointer, shape) => {
    if (found.length >= MOST || seen.has(shape) || narrow.has(shape) || isRead(shape, wide)) return;
    if (below && bases.some((base) => isReadBelow(base, shape, below))) return;
    seen.add(shape);
    found.push(pointer);
  });
  return found;
}

/**
 * Rules that take the member of their name and cannot find it: unlike a path of JSONata, a name does not look into the
 * items of an array.
 */
export function missedNames({ parts }: CompiledSchema, payload: unknown): ReadonlySet<Rule> {
  if (parts.each || !Array.isArray(payload)) return new Set();
  const { observations } = parts.document;
  return new Set(
    parts.rules.filter(
      ({ parts: { name } }) => observations[name]?.value === undefined && !Object.hasOwn(payload, name),
    ),
  );
}

function fromRoot(read: string): string {
  return read.startsWith(ROOT) ? read.slice(ROOT.length) : read;
}

function isRead(shape: string, wide: ReadonlySet<string>): boolean {
  for (let end = shape.length; end >= 0; end = end === 0 ? -1 : shape.lastIndexOf('/', end - 1)) {
    if (wide.has(shape.slice(0, end))) return true;
  }
  return false;
}

/** What rules read and look at of an item. */
function itemReads({ parts }: CompiledSchema): ReadonlySet<string> {
  const reads = [...parts.rules.flatMap((rule) => [...rule.parts.reads, ...rule.parts.looks])];
  for (const expression of parts.shared)
    if (expression !== parts.each && expression !== parts.match) reads.push(...expression.reads);
  return new Set(reads.filter((read) => read !== '' && !read.startsWith(ROOT)));
}

/** Whether a leaf lies below `base` at any depth under what is read of an item. */
function isReadBelow(base: string, shape: string, reads: ReadonlySet<string>): boolean {
  if (!shape.startsWith(`${base}/`)) return false;
  for (let at = shape.indexOf('/', base.length + 1); at >= 0; at = shape.indexOf('/', at + 1)) {
    if (isRead(shape.slice(at), reads)) return true;
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
