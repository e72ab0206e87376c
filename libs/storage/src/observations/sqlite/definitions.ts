import type { Database } from 'better-sqlite3';
import type { PropertyOrigin, SchemaRef, Series, ValueType } from '#model';

/** A row of the table `series`, without `retired`. */
export type SeriesTuple = readonly [
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

/** Columns of {@link SeriesTuple}. */
export const SERIES_COLUMNS = 'id, device, name, property, unit, feature, kind, type, origin, circular';

export function toSeries(tuple: SeriesTuple): Series {
  const [id, device, name, property, unit, feature, kind, type, origin, circular] = tuple;
  return { id, device, name, property, unit, feature, kind, type, origin, circular: circular !== 0 };
}

/** Definitions held at once, lest a walk over all series fills the memory. */
const HELD = 20_000;

/** Looks up series and schemas of rows, as long as they are used. */
export class Definitions {
  readonly series: { get(id: number): Series | undefined };
  readonly schemas: { get(id: number): SchemaRef | undefined };

  constructor(db: Database) {
    const findSeries = db
      .prepare<[number], SeriesTuple>(`select ${SERIES_COLUMNS} from series where id = ?`)
      .raw();
    const findSchema = db.prepare<[number], SchemaRef>(
      'select id, schema, version from mapping where id = ?',
    );
    this.series = new Held((id) => {
      const tuple = findSeries.get(id);
      return tuple && toSeries(tuple);
    });
    this.schemas = new Held((id) => findSchema.get(id));
  }
}

class Held<T> {
  private readonly held = new Map<number, T>();

  constructor(private readonly load: (id: number) => T | undefined) {}

  get(id: number): T | undefined {
    const held = this.held.get(id);
    if (held !== undefined) return held;
    const loaded = this.load(id);
    if (this.held.size >= HELD) this.held.clear();
    if (loaded !== undefined) this.held.set(id, loaded);
    return loaded;
  }
}
