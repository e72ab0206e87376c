import type { Database, Statement } from 'better-sqlite3';
import { fullTurn } from '../../windows.js';

/** Which series are directions, as the head's file defines them. */
export class Directions {
  private readonly select: Statement<[], [id: number, unit: string]>;
  private units = new Map<number, number>();

  constructor(head: Database) {
    this.select = head.prepare<[], [number, string]>('select id, unit from series where circular = 1').raw();
  }

  refresh(): void {
    this.units = new Map(this.select.all().map(([id, unit]) => [id, (2 * Math.PI) / fullTurn(unit)]));
  }

  /** Radians of one unit of the series' values; undefined for a series that is no direction. */
  radians(series: number): number | undefined {
    return this.units.get(series);
  }
}
