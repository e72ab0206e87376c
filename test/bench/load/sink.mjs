import { subscribe } from '../packets.mjs';
import { Client } from './client.mjs';

const SUBACK = 9;
const PUBLISH = 3;
const PUBREL = 6;
const RETAIN = 1;

/** A subscriber that counts what it gets and answers as its QoS asks for, once a read. */
export class Sink extends Client {
  received = 0;
  bytes = 0;
  #granted;
  #answers = Buffer.allocUnsafe(64 * 1024);
  #answered = 0;

  /**
   * @param progress called after each read that brought something
   * @param deliveries told of each message, when latencies are measured
   */
  constructor(clientId, failed, progress, deliveries) {
    super(clientId, failed);
    this.progress = progress;
    this.deliveries = deliveries;
  }

  async subscribe(filter, qos) {
    await new Promise((resolve) => {
      this.#granted = resolve;
      this.socket.write(subscribe(filter, qos));
    });
  }

  read(size, buffer) {
    if (this.deliveries !== undefined) this.deliveries.now = performance.now();
    this.push(buffer, size);
    if (this.#answered > 0) {
      this.socket.write(Buffer.from(this.#answers.subarray(0, this.#answered)));
      this.#answered = 0;
    }
    this.progress();
    return true;
  }

  packet(first, buffer, start, end) {
    const type = first >> 4;
    if (type === PUBLISH) {
      const qos = (first >> 1) & 3;
      if (qos > 0) {
        const id = start + 2 + ((buffer[start] << 8) | buffer[start + 1]);
        this.#answer(qos === 1 ? 0x40 : 0x50, buffer, id);
      }
      // Retained messages are of an earlier run.
      if ((first & RETAIN) !== 0) return;
      this.received++;
      this.bytes += end - start;
      if (this.deliveries !== undefined) this.deliveries.heard(buffer, start);
    } else if (type === PUBREL) this.#answer(0x70, buffer, start);
    else if (type === SUBACK) this.#granted();
    else super.packet(first, buffer, start);
  }

  /** PUBACK, PUBREC or PUBCOMP for the packet id at `at`. */
  #answer(first, buffer, at) {
    if (this.#answered + 4 > this.#answers.length)
      this.#answers = Buffer.concat([this.#answers, Buffer.allocUnsafe(this.#answers.length)]);
    const answers = this.#answers;
    let to = this.#answered;
    answers[to++] = first;
    answers[to++] = 2;
    answers[to++] = buffer[at];
    answers[to++] = buffer[at + 1];
    this.#answered = to;
  }
}
