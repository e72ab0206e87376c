import type { AccountPolicy } from '#access';
import type { DeviceTable, Ingest, SeriesTable } from '#ingest';
import { GlossaError, type Device, type ObservationStore, type Series } from '#model';
import type { ControlStore } from '#storage';
import { visibleTo } from './observations/visible.js';
import { TurnsByKey } from './turns-by-key.js';

/** What a user says of a device. */
export type DeviceInput = Partial<Pick<Device, 'title' | 'schemas' | 'feature' | 'account'>>;

/** What the broker must do when a device moves or goes. */
export interface DeviceListener {
  /** Retained values of these series are no more. */
  retired(series: readonly Series[]): void;
  registered(device: string): void;
  removed(device: string): void;
}

const FLUSH_MS = 200;

/** The devices: what users registered and what first messages made, kept in step with the data plane's table. */
export class DeviceRegistry {
  #admitted = new Set<string>();
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #listener: DeviceListener | undefined;
  readonly #turns = new TurnsByKey();

  constructor(
    private readonly store: ControlStore,
    private readonly observations: ObservationStore,
    private readonly devices: DeviceTable,
    private readonly series: SeriesTable,
    private readonly onFailure: (error: Error) => void,
  ) {}

  /** Fills the data plane's table; devices that a crash kept out of the list are taken from the series. */
  async load(): Promise<void> {
    for (const device of await this.store.devices.all()) this.devices.put(device);
    const missing = new Set<string>();
    // Those of a device that was deleted were retired.
    for (const { device, latest } of this.series.all())
      if (latest && !this.devices.get(device)) missing.add(device);
    for (const id of missing) this.devices.put({ id, schemas: [] });
    if (missing.size > 0) await this.store.devices.createMany([...missing]);
    this.devices.onAdmitted = (id) => this.#admit(id);
  }

  drive(listener: DeviceListener): void {
    this.#listener = listener;
  }

  /** Registers or replaces; one that is hidden from the account is not found. @returns whether it is new */
  put(
    id: string,
    input: DeviceInput,
    policy: AccountPolicy,
    ingest: Ingest,
  ): Promise<{ device: Device; created: boolean }> {
    return this.#turns.take(id, () => this.#put(id, input, policy, ingest));
  }

  async #put(
    id: string,
    input: DeviceInput,
    policy: AccountPolicy,
    ingest: Ingest,
  ): Promise<{ device: Device; created: boolean }> {
    await this.flush();
    if (!this.#sees(id, policy)) throw notFound(id);
    const before = await this.store.devices.get(id);
    if (!before && this.devices.size >= this.devices.limit) {
      throw new GlossaError('device-limit', `${this.devices.limit} devices are registered already`);
    }
    const device: Device = { id, schemas: [], ...input, auto: false };
    await this.store.devices.put(device);
    this.devices.put(device);
    ingest.snapshot.forgetRoutes();
    if ((before?.feature ?? '') !== (device.feature ?? '')) {
      const left = (series: Series) => series.feature === (before?.feature ?? '');
      await this.#retire(this.#forgetLatest(id, left));
    }
    this.#listener?.registered(id);
    return { device, created: !before };
  }

  /** One device; one that is hidden from the account is not found. */
  async get(id: string, policy: AccountPolicy): Promise<Device> {
    await this.flush();
    const device = this.#sees(id, policy) ? await this.store.devices.get(id) : undefined;
    if (!device) throw notFound(id);
    return device;
  }

  /** The devices that the account sees, by id. */
  async list(
    policy: AccountPolicy,
    limit: number,
    cursor?: string,
  ): Promise<{ items: Device[]; next?: string }> {
    await this.flush();
    const items: Device[] = [];
    let after = cursor;
    for (;;) {
      const page = await this.store.devices.list({ limit, ...(after !== undefined && { cursor: after }) });
      const seen = page.items.filter(({ id }) => this.#sees(id, policy));
      items.push(...seen.slice(0, limit - items.length));
      const last = items.at(-1);
      const full = items.length === limit && last !== undefined;
      if (full && (page.next !== undefined || seen.at(-1) !== last)) return { items, next: last.id };
      if (full || page.next === undefined) return { items };
      after = page.next;
    }
  }

  /** A device is hidden when every one of its series is. */
  #sees(id: string, policy: AccountPolicy): boolean {
    const sees = visibleTo(policy);
    const datastreams = [...this.series.ofDevice(id)];
    return datastreams.length === 0 || datastreams.some(({ series }) => series.some(sees));
  }

  /**
   * Deletes a device; its observations stay unless `purge`. One that is hidden from the account is not found.
   * @returns how many observations went
   */
  remove(id: string, purge: boolean, policy: AccountPolicy, ingest: Ingest): Promise<number> {
    return this.#turns.take(id, () => this.#remove(id, purge, policy, ingest));
  }

  async #remove(id: string, purge: boolean, policy: AccountPolicy, ingest: Ingest): Promise<number> {
    await this.flush();
    if (!this.#sees(id, policy)) throw notFound(id);
    const known = await this.store.devices.delete(id);
    const series = [...this.series.ofDevice(id)].flatMap((datastream) => datastream.series);
    if (!known && series.length === 0) throw notFound(id);
    // From here to the purge nothing waits: messages that come after it begin series of their own.
    this.devices.remove(id);
    ingest.snapshot.forgetRoutes();
    const retired = this.#forgetLatest(id, () => true);
    if (purge) this.series.forgetDevice(id);
    const gone = purge ? this.observations.purge(series.map((one) => one.id)) : undefined;
    this.#listener?.removed(id);
    if (!gone) await this.#retire(retired);
    return (await gone) ?? 0;
  }

  /** Writes the devices that messages made. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const admitted = [...this.#admitted];
    this.#admitted = new Set();
    if (admitted.length > 0) {
      const writing = this.#flushing.then(() => this.store.devices.createMany(admitted));
      // What could not be written is tried again, and does not stand in the way of what comes after.
      this.#flushing = writing.catch(() => {
        for (const id of admitted) this.#admit(id);
      });
      await writing;
    }
    await this.#flushing;
  }

  #admit(id: string): void {
    this.#admitted.add(id);
    this.#timer ??= setTimeout(() => {
      this.flush().catch((error: unknown) => this.onFailure(error as Error));
    }, FLUSH_MS).unref();
  }

  /** Takes the newest values out of those that are retained. @returns their series */
  #forgetLatest(device: string, which: (series: Series) => boolean): Series[] {
    const retired: Series[] = [];
    for (const datastream of this.series.ofDevice(device)) {
      const { latest } = datastream;
      if (!latest || !which(latest.series)) continue;
      retired.push(latest.series);
      datastream.latest = undefined;
    }
    if (retired.length > 0) this.#listener?.retired(retired);
    return retired;
  }

  async #retire(series: readonly Series[]): Promise<void> {
    if (series.length > 0) await this.observations.retire(series.map((one) => one.id));
  }
}

function notFound(id: string): GlossaError {
  return new GlossaError('not-found', `there is no device ${id}`);
}
