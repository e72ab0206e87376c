/** One member of each item. */
export function pluck(items: unknown, name: string): unknown[] {
  return (items as Record<string, unknown>[]).map((item) => item[name]);
}

/** Several members of each item, a row each. */
export function rows(items: unknown, ...names: string[]): unknown[][] {
  return (items as Record<string, unknown>[]).map((item) => names.map((name) => item[name]));
}
