import type { Database, Statement } from 'better-sqlite3';
import { RESEND_CLIENTS, RESENDS_PER_CLIENT } from '../limits.js';

interface Client {
  readonly id: number;
  /** Messages remembered so far; the ring's slot is this modulo its size. */
  count: number;
  /** What its ring holds, loaded at its first resend and kept current while it is cached. */
  ring?: Ring;
}

/** By slot: a message's packet id and hash, and when it arrived. */
interface Ring {
  readonly keys: string[];
  readonly arrivals: number[];
}

/** Clients whose counters, and clients whose rings, are held in memory. */
const CACHED_CLIENTS = 20_000;
const CACHED_RINGS = 64;
/** Clients forgotten at once when there are too many. */
const FORGET_STEP = 200;

/**
 * The newest messages of each client by packet id and hash, so that a resend is known after a crash too
 * [MQTT-4.3.2-1]. A ring of rows a client; rows are read only when a message says that it is a resend.
 */
export class ResendMemory {
  private readonly clients = new Map<string, Client>();
  private readonly touched = new Set<string>();
  private rings: string[] = [];
  private total: number | undefined;
  private readonly find: Statement<[string], { id: number; count: number }>;
  private readonly create: Statement<[string, number]>;
  private readonly touch: Statement<[number, number, number]>;
  private readonly load: Statement<[number], [number, number, string, number]>;
  private readonly put: Statement<[number, number, number, string, number]>;
  private readonly countClients: Statement<[], number>;
  private readonly oldest: Statement<[number], { id: number; name: string }>;
  private readonly dropRing: Statement<[number]>;
  private readonly dropClient: Statement<[number]>;

  constructor(db: Database) {
    this.find = db.prepare('select id, count from resend_client where name = ?');
    this.create = db.prepare('insert into resend_client(name, count, batch) values (?, 0, ?)');
    this.touch = db.prepare('update resend_client set count = ?, batch = ? where id = ?');
    this.load = db
      .prepare<[number], [number, number, string, number]>(
        'select slot, mid, hash, t from resend where c = ?',
      )
      .raw();
    this.put = db.prepare('replace into resend(c, slot, mid, hash, t) values (?, ?, ?, ?, ?)');
    this.countClients = db.prepare<[], number>('select count(*) from resend_client').pluck();
    this.oldest = db.prepare('select id, name from resend_client order by batch limit ?');
    this.dropRing = db.prepare('delete from resend where c = ?');
    this.dropClient = db.prepare('delete from resend_client where id = ?');
  }

  /** When a message that is sent again arrived first; undefined when it is not known. */
  arrivalOf(client: string, packetId: number, hash: string): number | undefined {
    const entry = this.lookUp(client);
    if (!entry) return undefined;
    const { keys, arrivals } = this.ringOf(client, entry);
    const key = `${packetId} ${hash}`;
    let newest: number | undefined;
    for (let slot = keys.indexOf(key); slot >= 0; slot = keys.indexOf(key, slot + 1))
      if (newest === undefined || arrivals[slot]! > newest) newest = arrivals[slot];
    return newest;
  }

  remember(client: string, packetId: number, hash: string, arrival: number, batch: number): void {
    let entry = this.lookUp(client);
    if (!entry) {
      const id = Number(this.create.run(client, batch).lastInsertRowid);
      entry = { id, count: 0 };
      this.cache(client, entry);
      if (this.total !== undefined) this.total++;
    }
    const slot = entry.count++ % RESENDS_PER_CLIENT;
    this.put.run(entry.id, slot, packetId, hash, arrival);
    if (entry.ring) {
      entry.ring.keys[slot] = `${packetId} ${hash}`;
      entry.ring.arrivals[slot] = arrival;
    }
    this.touched.add(client);
  }

  /** Writes the counters of the batch's clients; forgets the longest unused clients when there are too many. */
  finish(batch: number): void {
    for (const name of this.touched) {
      const entry = this.clients.get(name);
      if (entry) this.touch.run(entry.count, batch, entry.id);
    }
    if (this.touched.size > 0) this.forgetOldest();
    this.touched.clear();
  }

  /** After a rollback: what is cached may be ahead of the tables. */
  reset(): void {
    this.clients.clear();
    this.touched.clear();
    this.rings = [];
    this.total = undefined;
  }

  private forgetOldest(): void {
    this.total ??= this.countClients.get()!;
    if (this.total < RESEND_CLIENTS + FORGET_STEP) return;
    for (const { id, name } of this.oldest.all(FORGET_STEP)) {
      this.dropRing.run(id);
      this.dropClient.run(id);
      this.clients.delete(name);
      this.total--;
    }
  }

  private lookUp(client: string): Client | undefined {
    const cached = this.clients.get(client);
    if (cached) return cached;
    const row = this.find.get(client);
    if (!row) return undefined;
    const entry: Client = { id: row.id, count: row.count };
    this.cache(client, entry);
    return entry;
  }

  /** Evicts the longest cached; clients of the open batch stay, because their counters are not written yet. */
  private cache(client: string, entry: Client): void {
    if (this.clients.size >= CACHED_CLIENTS) {
      for (const name of this.clients.keys()) {
        if (this.touched.has(name)) continue;
        this.clients.delete(name);
        break;
      }
    }
    this.clients.set(client, entry);
  }

  private ringOf(client: string, entry: Client): Ring {
    if (entry.ring) return entry.ring;
    const ring: Ring = { keys: [], arrivals: [] };
    for (const [slot, mid, hash, arrival] of this.load.all(entry.id)) {
      ring.keys[slot] = `${mid} ${hash}`;
      ring.arrivals[slot] = arrival;
    }
    entry.ring = ring;
    this.rings.push(client);
    if (this.rings.length > CACHED_RINGS) {
      const evicted = this.clients.get(this.rings.shift()!);
      if (evicted) delete evicted.ring;
    }
    return ring;
  }
}
