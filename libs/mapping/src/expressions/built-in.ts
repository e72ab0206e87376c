/** Built-in functions, with how many arguments leave the context out; 0 for those that never read it. */
export const BUILT_IN: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ sum: 0, count: 0, max: 0, min: 0, average: 0, join: 0, random: 0, now: 0, millis: 0 },
    ...{ map: 0, zip: 0, filter: 0, single: 0, reduce: 0, append: 0, exists: 0, merge: 0, reverse: 0 },
    ...{ error: 0, assert: 0, type: 0, sort: 0, shuffle: 0, distinct: 0 },
    ...{ string: 1, lowercase: 1, uppercase: 1, length: 1, trim: 1, number: 1, floor: 1, ceil: 1, round: 1 },
    ...{ abs: 1, sqrt: 1, boolean: 1, not: 1, keys: 1, spread: 1, clone: 1, formatBase: 1 },
    ...{ base64encode: 1, base64decode: 1, encodeUrlComponent: 1, encodeUrl: 1 },
    ...{ decodeUrlComponent: 1, decodeUrl: 1, toMillis: 1, fromMillis: 1, sift: 2, each: 2 },
    ...{ substring: 2, substringBefore: 2, substringAfter: 2, pad: 2, match: 2, contains: 2, split: 2 },
    ...{ formatNumber: 2, formatInteger: 2, parseInteger: 2, power: 2, lookup: 2, replace: 3 },
    // What it evaluates is not known before.
    eval: Infinity,
  }),
);
