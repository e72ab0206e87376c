/**
 * Writes values for the expression worker as JSON text. What the jobs of one message share, its payload above all,
 * is written once. Numbers that are not finite are written as 1e999, which reads as infinite.
 */
export class JsonWriter {
  readonly #written = new Map<unknown, string>();

  /** @returns `''` for undefined */
  write(value: unknown): string {
    if (value === null || typeof value !== 'object') return print(value);
    let text = this.#written.get(value);
    if (text === undefined) this.#written.set(value, (text = print(value)));
    return text;
  }

  /** An object whose members may be shared; those that are undefined are left out. */
  writeMembers(members: Readonly<Record<string, unknown>>): string {
    const texts = Object.entries(members)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${JSON.stringify(name)}:${this.write(value)}`);
    return `{${texts.join(',')}}`;
  }
}

function print(value: unknown): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  // Where there is no null, every number was finite.
  if (!text.includes('null')) return text;
  return JSON.stringify(value, mark).replaceAll('"\\u0000+"', '1e999').replaceAll('"\\u0000-"', '-1e999');
}

function mark(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `\u0000${value < 0 ? '-' : '+'}` : value;
}
