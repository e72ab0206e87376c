import type { Device } from '#model';

/** Why a device may not send. */
export type DeviceRefusal = 'device-unknown' | 'device-limit';

/** What the data plane must know of a registered device. */
export type DeviceEntry = Pick<Device, 'id' | 'schemas' | 'feature' | 'account'>;

/**
 * The devices, in memory. The control plane puts and removes them; a first message admits an unknown one,
 * and `onAdmitted` tells the control plane, which keeps the list.
 */
export class DeviceTable {
  readonly #devices = new Map<string, DeviceEntry>();
  /** How many devices have schemas of their own: while none has, matching need not ask. */
  #bound = 0;
  #onAdmitted: (device: string) => void = () => undefined;

  constructor(readonly limit: number) {}

  set onAdmitted(listener: (device: string) => void) {
    this.#onAdmitted = listener;
  }

  get size(): number {
    return this.#devices.size;
  }

  get anyBound(): boolean {
    return this.#bound > 0;
  }

  get(id: string): DeviceEntry | undefined {
    return this.#devices.get(id);
  }

  values(): Iterable<DeviceEntry> {
    return this.#devices.values();
  }

  put(device: DeviceEntry): void {
    this.remove(device.id);
    this.#devices.set(device.id, device);
    if (device.schemas.length > 0) this.#bound++;
  }

  remove(id: string): void {
    const old = this.#devices.get(id);
    if (!old) return;
    if (old.schemas.length > 0) this.#bound--;
    this.#devices.delete(id);
  }

  /** Why a device may not send; undefined when it may. */
  refusal(id: string, autoCreate: boolean): DeviceRefusal | undefined {
    if (this.#devices.has(id)) return undefined;
    if (!autoCreate) return 'device-unknown';
    return this.#devices.size >= this.limit ? 'device-limit' : undefined;
  }

  /** Lets a device send: known, or new, wanted and within the limit. */
  admit(id: string, autoCreate: boolean): DeviceRefusal | undefined {
    if (this.#devices.has(id)) return undefined;
    const refusal = this.refusal(id, autoCreate);
    if (refusal !== undefined) return refusal;
    this.#devices.set(id, { id, schemas: [] });
    this.#onAdmitted(id);
    return undefined;
  }
}
