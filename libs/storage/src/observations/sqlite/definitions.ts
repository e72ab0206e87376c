import type { Database } from 'better-sqlite3';
import type { PropertyOrigin, SchemaRef, Series, ValueType } from '#model';

/** A row of the table `series`, without `retired`. */
type SeriesTuple = readonly [
  id: number,
  device: string,
  name: string,
  property: string,
  unit: string,
  feature: string,
  kind: string,
  type: ValueType,
  origin: PropertyOrigin,
  circular: number,
];

/** One string for all rows: far cheaper than a value for each column of each row. */
const AS_JSON =
  'json_group_array(json_array(id, device, name, property, unit, feature, kind, type, origin, circular)) from series';

/** Definitions held at once, and how many misses make reading all of them the cheaper way. */
const HELD = 200_000;
const MANY = 500;

/** All series as text for {@link parseSeries}; by id. */
export function allSeriesText(db: Database): string {
  return db.prepare<[], string>(`select ${AS_JSON}`).pluck().get()!;
}

export function parseSeries(text: string): Series[] {
  return (JSON.parse(text) as SeriesTuple[]).map(
    ([id, device, name, property, unit, feature, kind, type, origin, circular]) => {
      return { id, device, name, property, unit, feature, kind, type, origin, circular: circular !== 0 };
    },
  );
}

/** Looks up series and schemas of rows; they never change. */
export class Definitions {
  readonly schemas: Held<SchemaRef>;
  readonly series: Held<Series>;

  constructor(private readonly db: Database) {
    const one = db.prepare<[number], string>(`select ${AS_JSON} where id = ?`).pluck();
    const schema = db.prepare<[number], SchemaRef>('select id, schema, version from mapping where id = ?');
    this.series = new Held((id) => parseSeries(one.get(id)!)[0]);
    this.schemas = new Held((id) => schema.get(id));
  }

  /** The series that exist of the ids. */
  many(ids: readonly number[]): Series[] {
    const missing = ids.reduce((count, id) => (this.series.has(id) ? count : count + 1), 0);
    if (missing > MANY)
      for (const series of parseSeries(allSeriesText(this.db))) this.series.hold(series.id, series);
    return ids.flatMap((id) => this.series.get(id) ?? []);
  }
}

class Held<T> {
  private readonly held = new Map<number, T>();

  constructor(private readonly load: (id: number) => T | undefined) {}

  has(id: number): boolean {
    return this.held.has(id);
  }

  get(id: number): T | undefined {
    const held = this.held.get(id);
    if (held !== undefined) return held;
    const loaded = this.load(id);
    if (loaded !== undefined) this.hold(id, loaded);
    return loaded;
  }

  hold(id: number, definition: T): void {
    if (this.held.size >= HELD) this.held.clear();
    this.held.set(id, definition);
  }
}
