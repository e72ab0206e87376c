/** What part of a list is asked for: `limit` items after the key `cursor`, or from the start. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

/** Items in the order of their keys (UTF-8 bytes), and the cursor of the next page when there is one. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** Prisma's arguments for the page: one row more than asked for, which tells whether a next page exists. */
export function pageWindow({ limit, cursor }: PageRequest): { after: { gt?: string }; take: number } {
  return { after: cursor === undefined ? {} : { gt: cursor }, take: limit + 1 };
}

/** Makes the page of what {@link pageWindow} found. */
export function toPage<Row, T>(
  rows: readonly Row[],
  { limit }: PageRequest,
  key: (row: Row) => string,
  convert: (row: Row) => T,
): Page<T> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return {
    items: kept.map(convert),
    ...(rows.length > limit && last !== undefined && { next: key(last) }),
  };
}
