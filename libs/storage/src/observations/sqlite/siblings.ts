import type { Database, Statement } from 'better-sqlite3';
import type { Series } from '#model';

/**
 * Which series belong to one datastream, of the datastreams that have several: their values share one count of nth at
 * each time. Kept in memory; datastreams of one series, which is most of them, cost nothing.
 */
export class Siblings {
  private readonly groups = new Map<number, SiblingSeries>();
  private readonly sameDatastream: Statement<[string, string], number>;
  private readonly newest: Statement<[string], number>;
  private readonly highest: Statement<[number, string], number>;

  constructor(db: Database) {
    this.sameDatastream = db
      .prepare<[string, string], number>('select id from series where device = ? and name = ?')
      .pluck();
    this.newest = db
      .prepare<[string], number>(
        `select max((select t from observation where s = value order by t desc limit 1)) from json_each(?)`,
      )
      .pluck();
    this.highest = db
      .prepare<[number, string], number>(
        `select max((select n from observation where s = value and t = ? order by n desc limit 1)) from json_each(?)`,
      )
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
    const group = new SiblingSeries(JSON.stringify(ids), this.newest, this.highest);
    for (const id of ids) this.groups.set(id, group);
  }
}

/** The series of one datastream. */
export class SiblingSeries {
  /** No row is newer. What a rollback or a deletion takes away may leave it too high, which only costs a look. */
  private newestTime: number | undefined;

  constructor(
    private readonly ids: string,
    private readonly newest: Statement<[string], number>,
    private readonly highestNth: Statement<[number, string], number>,
  ) {}

  /** Whether a time is after all rows of the datastream; it counts as one of them from now on. */
  isNewer(time: number): boolean {
    this.newestTime ??= this.newest.get(this.ids) ?? -Infinity;
    if (time <= this.newestTime) return false;
    this.newestTime = time;
    return true;
  }

  /** Greatest nth of the datastream at a time; -1 when it has none. */
  highest(time: number): number {
    return this.highestNth.get(time, this.ids) ?? -1;
  }
}
