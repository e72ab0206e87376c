import { Fifo } from '../fifo.js';
import type { Journal } from './journal.js';
import { isSent, keyOf, type OutgoingPacket, type OutgoingQueue } from './outgoing-queue.js';
import { fromJson, toJson } from './packet-json.js';

/** A segment takes no more than this. */
const MAX_PACKETS = 500;
const MAX_BYTES = 256 * 1024;

/** Messages that began to wait one after the other, and are one entry of the journal. */
interface Segment {
  readonly number: number;
  /** Those that have left give way. */
  readonly packets: (OutgoingPacket | undefined)[];
  bytes: number;
  /** How many have left, of all that it ever had. */
  left: number;
  /** How many had left when it was written first. */
  readonly first: number;
  /** The journal has it: nothing is added, and what leaves is to be said. */
  written: boolean;
}

/** How many messages have left a segment, of all that it ever had. */
interface Front {
  readonly segment: number;
  readonly left: number;
}

/** What is in the journal of the messages that wait for one client. */
class Waiting {
  readonly segments = new Fifo<Segment>();
  last: Segment | undefined;
  next = 1;
  /** The journal says how many have left the first segment. */
  counts = false;
}

/**
 * What the journal has of the messages for persistent sessions. What waits leaves in the order in which it came: it is
 * written in segments, with a count of what has left the first of them, and a segment goes as a whole. What was sent
 * and is not acknowledged, and each PUBREL, has an entry of its own.
 */
export class OutgoingJournal {
  readonly #byClient = new Map<string, Waiting>();

  constructor(private readonly journal: Journal) {}

  /**
   * Reads what an earlier run left: what was sent first, then what waits, in order. Answers what is to be called when all
   * of the journal was read, before anything else.
   */
  async load(found: (clientId: string, packet: OutgoingPacket) => void): Promise<() => void> {
    const { journal } = this;
    /** Older versions had an entry for each message that waits. */
    const single: { clientId: string; key: string; packet: OutgoingPacket }[] = [];
    for await (const [key, value] of journal.entries('outgoing:')) {
      const packet = fromJson(value) as OutgoingPacket;
      const clientId = clientOf(key);
      if (!isSent(packet)) single.push({ clientId, key, packet });
      found(clientId, packet);
    }
    const fronts = new Map<string, Front>();
    for await (const [key, value] of journal.entries('front:')) fronts.set(clientOf(key), value as Front);
    for await (const [key, value] of journal.entries('waiting:')) {
      const clientId = clientOf(key);
      const number = Number(key.split(':')[2]);
      const waiting = this.#of(clientId);
      const { first, packets } = value as { first: number; packets: object[] };
      const front = fronts.get(clientId);
      // Where the journal is damaged there may be one of a segment that is gone.
      const counts = front?.segment === number && front.left >= first && front.left < first + packets.length;
      const left = counts ? front.left : first;
      if (counts) waiting.counts = fronts.delete(clientId);
      const there = packets.map((packet, i) =>
        first + i < left ? undefined : (fromJson(packet) as OutgoingPacket),
      );
      waiting.segments.push({ number, packets: there, bytes: 0, left, first, written: true });
      waiting.next = number + 1;
      for (const packet of there) if (packet) found(clientId, packet);
    }
    return () => {
      for (const clientId of fronts.keys()) journal.del(frontKey(clientId));
      for (const { clientId, key, packet } of single) {
        journal.del(key);
        this.add(clientId, packet);
      }
    };
  }

  /** A message begins to wait. */
  add(clientId: string, packet: OutgoingPacket): void {
    const waiting = this.#of(clientId);
    const { last } = waiting;
    const bytes = packet.cmd === 'publish' ? packet.payload.length : 0;
    if (last && !last.written && last.packets.length < MAX_PACKETS && last.bytes < MAX_BYTES) {
      last.packets.push(packet);
      last.bytes += bytes;
      return;
    }
    const begun = { number: waiting.next++, packets: [packet], bytes, left: 0, first: 0, written: false };
    waiting.last = begun;
    waiting.segments.push(begun);
    this.journal.add(waitingKey(clientId, begun.number), begun, written);
  }

  /** The message that waited longest is sent, or it goes. */
  leave(clientId: string): void {
    const waiting = this.#of(clientId);
    const segment = waiting.segments.first;
    if (!segment) return;
    segment.packets[segment.left - segment.first] = undefined;
    segment.left++;
    if (segment.left - segment.first === segment.packets.length) this.#drop(clientId, waiting);
    // One that is not written yet will be as it is then.
    else if (segment.written) {
      waiting.counts = true;
      this.journal.put(frontKey(clientId), segment, frontOf);
    }
  }

  /** A message was sent: it has left what waits, and is new among what was sent. */
  send(clientId: string, packet: OutgoingPacket): void {
    this.leave(clientId);
    this.journal.add(outgoingKey(clientId, packet), packet, toJson);
  }

  /** A PUBREL takes the place of its message. */
  release(clientId: string, packet: OutgoingPacket): void {
    this.journal.put(outgoingKey(clientId, packet), packet, toJson);
  }

  /** What was sent is acknowledged, or an entry has to go: of those that wait, the first. */
  remove(clientId: string, packet: OutgoingPacket): void {
    if (isSent(packet)) this.journal.del(outgoingKey(clientId, packet));
    else this.leave(clientId);
  }

  /** Everything of a session goes: what was sent, and what waits. */
  end(clientId: string, sent: Iterable<OutgoingPacket>): void {
    for (const packet of sent) this.journal.del(outgoingKey(clientId, packet));
    this.#dropAll(clientId);
    this.#byClient.delete(clientId);
  }

  /** All packets of a session have other keys, in the same order. */
  renumber(clientId: string, changed: ReturnType<OutgoingQueue['renumber']>): void {
    for (const { old } of changed) if (isSent(old)) this.journal.del(outgoingKey(clientId, old));
    this.#dropAll(clientId);
    for (const { now } of changed) {
      if (isSent(now)) this.release(clientId, now);
      else this.add(clientId, now);
    }
  }

  #dropAll(clientId: string): void {
    const waiting = this.#of(clientId);
    while (waiting.segments.length > 0) this.#drop(clientId, waiting);
  }

  /** The first segment goes. */
  #drop(clientId: string, waiting: Waiting): void {
    const segment = waiting.segments.shift();
    if (!segment) return;
    if (segment === waiting.last) waiting.last = undefined;
    this.journal.del(waitingKey(clientId, segment.number));
    if (waiting.counts) this.journal.del(frontKey(clientId));
    waiting.counts = false;
  }

  #of(clientId: string): Waiting {
    let waiting = this.#byClient.get(clientId);
    if (!waiting) this.#byClient.set(clientId, (waiting = new Waiting()));
    return waiting;
  }
}

/** What the journal says of a segment when it is written; nothing is added to it from then on. */
function written(segment: Segment): object {
  segment.written = true;
  const { packets, left, first } = segment;
  const there = packets.slice(left - first) as OutgoingPacket[];
  return { first: left, packets: there.map(toJson) };
}

function frontOf({ number, left }: Segment): Front {
  return { segment: number, left };
}

// Client ids are percent-encoded in keys: `:` ends the client's part.
const outgoingKey = (clientId: string, packet: OutgoingPacket) =>
  `outgoing:${encodeURIComponent(clientId)}:${keyOf(packet)}`;
const frontKey = (clientId: string) => `front:${encodeURIComponent(clientId)}`;
const waitingKey = (clientId: string, number: number) =>
  `waiting:${encodeURIComponent(clientId)}:${String(number).padStart(12, '0')}`;

function clientOf(key: string): string {
  return decodeURIComponent(key.split(':')[1] ?? '');
}
