import type { AedesPublishPacket } from 'aedes';
import type { DeviceTable } from '#ingest';
import { encodeSegment } from '#model';
import type { Fanout } from './fanout/fanout.js';
import type { SessionStore } from './sessions/session-store.js';

/**
 * `glossa/devices/{device}/status`: retained `online` or `offline`, from the connection of the account that a
 * device is registered with (its will comes with the connection's end), or from what the device's schema calls
 * its status message.
 */
export class DeviceStatusBoard {
  readonly #connections = new Map<string, number>();
  /** The account that a device was registered with when it was last looked at. */
  readonly #accounts = new Map<string, string>();
  readonly #devicesOf = new Map<string, Set<string>>();

  constructor(
    private readonly devices: DeviceTable,
    private readonly sessions: SessionStore,
    private readonly fanout: Fanout,
  ) {}

  /** After a start nobody is connected yet. */
  reset(): void {
    for (const device of this.devices.values()) this.registered(device.id);
  }

  connected(username: string): void {
    const count = (this.#connections.get(username) ?? 0) + 1;
    this.#connections.set(username, count);
    if (count === 1) this.#setAccount(username, true);
  }

  disconnected(username: string): void {
    const count = (this.#connections.get(username) ?? 1) - 1;
    if (count > 0) {
      this.#connections.set(username, count);
      return;
    }
    this.#connections.delete(username);
    this.#setAccount(username, false);
  }

  /** A device was registered: with an account, with another one, or with none any more. */
  registered(device: string): void {
    const account = this.devices.get(device)?.account;
    const before = this.#accounts.get(device);
    if (before !== account) this.#leave(device);
    if (account !== undefined) {
      this.#accounts.set(device, account);
      let devices = this.#devicesOf.get(account);
      if (!devices) this.#devicesOf.set(account, (devices = new Set<string>()));
      devices.add(device);
      this.set(device, this.#connections.has(account));
    } else if (before !== undefined) this.remove(device);
  }

  set(device: string, online: boolean): void {
    const payload = online ? 'online' : 'offline';
    const topic = statusTopic(device);
    if (this.sessions.retained.get(topic)?.payload.toString() === payload) return;
    this.#publish(topic, payload);
  }

  /** A device that is deleted leaves no retained status behind. */
  remove(device: string): void {
    this.#leave(device);
    const topic = statusTopic(device);
    if (this.sessions.retained.has(topic)) this.#publish(topic, '');
  }

  #setAccount(username: string, online: boolean): void {
    for (const device of this.#devicesOf.get(username) ?? []) this.set(device, online);
  }

  #leave(device: string): void {
    const account = this.#accounts.get(device);
    if (account === undefined) return;
    this.#accounts.delete(device);
    const devices = this.#devicesOf.get(account);
    devices?.delete(device);
    if (devices?.size === 0) this.#devicesOf.delete(account);
  }

  #publish(topic: string, payload: string): void {
    const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain: true, dup: false };
    this.sessions.storeRetained(packet as AedesPublishPacket);
    this.fanout.send(topic, payload, 1);
  }
}

function statusTopic(device: string): string {
  return `glossa/devices/${encodeSegment(device)}/status`;
}
