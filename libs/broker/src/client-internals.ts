import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Client } from 'aedes';
import type { AccountPolicy } from '#access';

/**
 * What this lib uses of aedes' client beyond its declared interface, in one place. aedes is pinned to one
 * version; flow tests cover each use.
 */
export interface ClientInternals extends Client {
  /** The packet id that is used next. */
  _nextId: number;
  /** Reads and parses the next chunk of the socket. */
  _nextBatch(error?: Error | null): void;
  /** How many packets aedes is to be done with before it reads on. */
  _parsingBatch: number;
  /** Calls back when the socket takes more again; a client that reads nothing for too long is closed. */
  waitForDrain(done: (error?: Error | null) => void): void;
  readonly _keepaliveTimer: NodeJS.Timeout | null;
  /** CONNACK was sent: only then may anything else be [MQTT-3.2.0-1]. */
  readonly connackSent: boolean;
  /** Takes the bytes of packets, and gives each to aedes, which listens to `packet`. */
  readonly _parser: EventEmitter & { parse(bytes: Buffer): void };
}

/** What this lib uses of aedes itself beyond its declared interface. */
export interface AedesInternals {
  /** Counts the packets of this run. */
  counter: number;
  readonly clients: Record<string, Client>;
}

/** The next packet id of a client (1 to 65535), as aedes counts them. */
export function nextPacketId(client: Client): number {
  const internals = client as ClientInternals;
  const id = internals._nextId;
  internals._nextId = id >= 65_535 ? 1 : id + 1;
  return id;
}

/** Leaves out packet ids that a session waits for [MQTT-2.3.1-2], whether aedes or we take the next one. */
export function skipPacketIds(client: Client, inUse: (id: number) => boolean): void {
  let next = (client as ClientInternals)._nextId;
  Object.defineProperty(client, '_nextId', {
    get: () => {
      for (let tries = 0; inUse(next) && tries < 65_535; tries++) next = next >= 65_535 ? 1 : next + 1;
      return next;
    },
    set: (id: number) => (next = id),
  });
}

const policies = new WeakMap<Client, AccountPolicy>();

/** The policy of the account that a client signed in with. */
export function policyOf(client: Client): AccountPolicy | undefined {
  return policies.get(client);
}

/** Remembers a client's policy, at sign-in and when its rules change. */
export function setPolicy(client: Client, policy: AccountPolicy): void {
  policies.set(client, policy);
}

/** Forgets the policy of a client whose account is gone: not even its will is published. */
export function forgetPolicy(client: Client): void {
  policies.delete(client);
}

const credentials = new WeakMap<Client, string>();

/** What a client signed in with, for the access directory. */
export function credentialOf(client: Client): string | undefined {
  return credentials.get(client);
}

/** Remembers what a client signed in with. */
export function setCredential(client: Client, credential: string): void {
  credentials.set(client, credential);
}

/** The address that a client connects from. */
export function remoteOf(client: Client): string {
  const { conn, req } = client as Client & { conn: Partial<Socket>; req?: IncomingMessage };
  return conn.remoteAddress ?? req?.socket.remoteAddress ?? 'unknown';
}
