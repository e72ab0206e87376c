import type { Database, Statement } from 'better-sqlite3';
import type { Series } from '#model';

/** The series of one datastream that has several. */
export interface SiblingSeries {
  readonly ids: readonly number[];
}

/**
 * Which series belong to one datastream, of the datastreams that have several: their values share one count of nth at
 * each time. Kept in memory; datastreams of one series, which is most of them, cost nothing.
 */
export class Siblings {
  private readonly groups = new Map<number, SiblingSeries>();
  private readonly sameDatastream: Statement<[string, string], number>;

  constructor(db: Database) {
    this.sameDatastream = db
      .prepare<[string, string], number>('select id from series where device = ? and name = ?')
      .pluck();
    const several = db
      .prepare<[], string>(
        'select json_group_array(id) from series group by device, name having count(*) > 1',
      )
      .pluck();
    for (const ids of several.all()) this.group(JSON.parse(ids) as number[]);
  }

  /** A definition that was just written. */
  add({ device, name }: Series): void {
    const ids = this.sameDatastream.all(device, name);
    if (ids.length > 1) this.group(ids);
  }

  /** Undefined for a series that is alone in its datastream. */
  of(series: number): SiblingSeries | undefined {
    return this.groups.size === 0 ? undefined : this.groups.get(series);
  }

  private group(ids: readonly number[]): void {
    const group = { ids };
    for (const id of ids) this.groups.set(id, group);
  }
}
