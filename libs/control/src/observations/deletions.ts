import type { Datastream, SeriesTable } from '#ingest';
import type { Micros, ObservationRecord, ObservationStore, Series } from '#model';
import { semanticTopic } from '#semantics';

/** Deletes observations, and sees to what is retained of datastreams whose newest one went. */
export class Deletions {
  #tell: ((series: readonly Series[]) => void) | undefined;

  constructor(
    private readonly store: Pick<ObservationStore, 'delete' | 'retained'>,
    private readonly table: SeriesTable,
  ) {}

  /** Calls with series whose topics have another retained value, or none, without a message that came. */
  onRetained(tell: (series: readonly Series[]) => void): void {
    this.#tell = tell;
  }

  /** Deletes the rows of datastreams in [from, to). @returns how many went */
  async remove(datastreams: readonly Datastream[], from?: Micros, to?: Micros): Promise<number> {
    const deleted = await this.store.delete(datastreams.flatMap(ids), from, to);
    for (const datastream of datastreams) await this.#renew(datastream, from, to);
    return deleted;
  }

  /** The newest value of a datastream after rows in [from, to) went. */
  async #renew(datastream: Datastream, from: Micros | undefined, to: Micros | undefined): Promise<void> {
    const before = datastream.latest;
    const gone =
      before && (from === undefined || before.time >= from) && (to === undefined || before.time < to);
    if (!gone) return;
    // From here on what arrives is measured against nothing, and what is stored then against what arrived.
    datastream.latest = undefined;
    const [stored] = await this.store.retained(ids(datastream));
    if (stored) this.table.note(stored, datastream.qos);
    // Looked up again: its device may have been purged meanwhile.
    const latest = this.table.datastream(datastream.device, datastream.name)?.latest;
    if (latest && isSame(latest, before)) return;
    const moved = latest && semanticTopic(latest.series) !== semanticTopic(before.series);
    this.#tell?.(moved ? [before.series, latest.series] : [before.series]);
  }
}

const ids = ({ series }: Datastream) => series.map((one) => one.id);

/** The same value: what is read again is another object. */
const isSame = (a: ObservationRecord, b: ObservationRecord) =>
  a.series.id === b.series.id && a.time === b.time && a.nth === b.nth;
