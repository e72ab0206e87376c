import { ROOMS } from './world.js';

/** A row: a device's family and place, what it said and what it means. */
interface Row {
  readonly room: string;
  readonly family: string;
  readonly device: string;
  readonly property: string;
  readonly raw: () => string;
  readonly normalized: string;
}

/** The live table: for each room and family, the raw message's gist and the observation. */
export class LiveTable {
  readonly #rows = new Map<string, Row>();

  put(key: string, row: Row): void {
    this.#rows.set(key, row);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Lines of text, in order of room, property and family. */
  render(width: number): string[] {
    const place = (room: string) => {
      const index = ROOMS.indexOf(room as (typeof ROOMS)[number]);
      return index < 0 ? ROOMS.length : index;
    };
    const rows = [...this.#rows.values()].sort(
      (a, b) =>
        place(a.room) - place(b.room) ||
        a.room.localeCompare(b.room) ||
        a.property.localeCompare(b.property) ||
        a.family.localeCompare(b.family),
    );
    const lines = [line('ROOM', 'DEVICE SPEAKS', 'RAW', 'PROPERTY', 'OBSERVATION', width)];
    let room = '';
    for (const row of rows) {
      lines.push(
        line(row.room === room ? '' : row.room, row.family, row.raw(), row.property, row.normalized, width),
      );
      room = row.room;
    }
    return lines;
  }
}

function line(
  room: string,
  family: string,
  raw: string,
  property: string,
  normalized: string,
  width: number,
): string {
  const gist = Math.max(24, Math.min(52, width - 70));
  return `${fit(room, 9)} ${fit(family, 17)} ${fit(raw, gist)} → ${fit(property, 20)} ${normalized}`;
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
