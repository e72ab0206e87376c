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
  _nextBatch(error?: Error): void;
  readonly _keepaliveTimer: NodeJS.Timeout | null;
  readonly errored: boolean;
}

/** The next packet id of a client (1 to 65535), as aedes counts them. */
export function nextPacketId(client: Client): number {
  const internals = client as ClientInternals;
  const id = internals._nextId;
  internals._nextId = id >= 65_535 ? 1 : id + 1;
  return id;
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
