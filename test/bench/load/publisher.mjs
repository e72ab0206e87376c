import { publishes } from '../packets.mjs';
import { Client } from './client.mjs';

const PUBACK = 4;
const PUBREC = 5;
const PUBCOMP = 7;

/** A publisher that sends slices of one buffer that holds all its packets, round and round. */
export class Publisher extends Client {
  sent = 0;
  acked = 0;
  #releases = Buffer.allocUnsafe(4096);
  #released = 0;

  /**
   * @param messages its own, in turn
   * @param window packets that may wait for their acknowledgement
   * @param progress called after each read
   * @param latencies a histogram of milliseconds from the intended send time to the acknowledgement, when measured
   */
  constructor(clientId, failed, { messages, qos, window, progress, latencies }) {
    super(clientId, failed);
    this.qos = qos;
    this.window = window;
    this.progress = progress;
    this.latencies = latencies;
    // Whole rounds, so that each message is sent as often as the others; an id is used again when it is free.
    const rounds = qos === 0 ? 1 : Math.ceil(window / messages.length);
    const ring = Array.from({ length: rounds }, () => messages).flat();
    const packets = publishes(ring, qos);
    this.ring = ring;
    this.bytes = Buffer.concat(packets);
    this.offsets = new Uint32Array(packets.length + 1);
    packets.forEach((packet, i) => (this.offsets[i + 1] = this.offsets[i] + packet.length));
    if (latencies) this.times = new Float64Array(packets.length);
  }

  /** How many more it may send. */
  get room() {
    return this.qos === 0 ? Infinity : this.window - (this.sent - this.acked);
  }

  /** Sends at most `count` packets in one write, `due` being when; answers how many. */
  send(count, due) {
    const size = this.ring.length;
    const from = this.sent % size;
    const to = Math.min(from + Math.min(count, this.room), size);
    if (to <= from) return 0;
    if (this.times) this.times.fill(due, from, to);
    this.sent += to - from;
    this.socket.write(this.bytes.subarray(this.offsets[from], this.offsets[to]));
    return to - from;
  }

  read(size, buffer) {
    if (this.latencies) this.now = performance.now();
    this.push(buffer, size);
    if (this.#released > 0) {
      this.socket.write(Buffer.from(this.#releases.subarray(0, this.#released)));
      this.#released = 0;
    }
    this.progress();
    return true;
  }

  packet(first, buffer, start) {
    const type = first >> 4;
    if (type === PUBACK || type === PUBCOMP) {
      this.acked++;
      if (this.latencies) {
        const id = (buffer[start] << 8) | buffer[start + 1];
        this.latencies.add(this.now - this.times[id - 1]);
      }
    } else if (type === PUBREC) this.#release(buffer, start);
    else super.packet(first, buffer, start);
  }

  #release(buffer, at) {
    if (this.#released + 4 > this.#releases.length)
      this.#releases = Buffer.concat([this.#releases, Buffer.allocUnsafe(this.#releases.length)]);
    this.#releases[this.#released++] = 0x62;
    this.#releases[this.#released++] = 2;
    this.#releases[this.#released++] = buffer[at];
    this.#releases[this.#released++] = buffer[at + 1];
  }
}
