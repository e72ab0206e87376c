import { generate } from 'mqtt-packet';

/** A CONNECT packet of a clean session. */
export function connect(clientId, username, password) {
  const credentials = username === undefined ? {} : { username, password: Buffer.from(password) };
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 0,
    ...credentials,
  });
}

/** A SUBSCRIBE packet for one filter. */
export function subscribe(filter, qos) {
  return generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos }] });
}

/** PUBLISH packets, one after the other; with QoS their ids count from 1. */
export function publishes(messages, qos) {
  return messages.map(({ topic, payload }, i) =>
    generate({
      cmd: 'publish',
      topic,
      payload,
      qos,
      retain: false,
      dup: false,
      ...(qos > 0 && { messageId: i + 1 }),
    }),
  );
}

/**
 * Walks the packets of a stream by their fixed headers (MQTT 3.1.1, 2.2) without parsing them: a sink must not be
 * the bottleneck of what it measures. The buffer is its reader's: what is left of a packet is copied.
 */
export class PacketWalker {
  #carry = Buffer.allocUnsafe(4096);
  #carried = 0;

  /** Calls `packet(first byte, buffer, start of the variable header, end)` for each packet that is whole now. */
  push(buffer, size) {
    let at = this.#carried === 0 ? 0 : this.#finish(buffer, size);
    while (at < size) {
      let i = at + 1;
      let length = 0;
      let shift = 0;
      let byte = 128;
      while (byte > 127 && i < size) {
        byte = buffer[i++];
        length |= (byte & 127) << shift;
        shift += 7;
      }
      if (byte > 127 || i + length > size) break;
      this.packet(buffer[at], buffer, i, i + length);
      at = i + length;
    }
    if (at < size) this.#keep(buffer, at, size);
  }

  /** Ends the packet that the last push began; answers where the next one starts. */
  #finish(buffer, size) {
    let at = 0;
    while (at < size) {
      const header = this.#header();
      const missing = header === undefined ? 1 : header.end - this.#carried;
      const take = Math.min(missing, size - at);
      this.#keep(buffer, at, at + take);
      at += take;
      const whole = this.#header();
      if (whole === undefined || whole.end > this.#carried) continue;
      this.#carried = 0;
      this.packet(this.#carry[0], this.#carry, whole.start, whole.end);
      return at;
    }
    return at;
  }

  /** Where the carried packet's variable header starts, and its end; undefined while its length is not known. */
  #header() {
    let length = 0;
    for (let i = 1; i < this.#carried; i++) {
      length |= (this.#carry[i] & 127) << (7 * (i - 1));
      if (this.#carry[i] < 128) return { start: i + 1, end: i + 1 + length };
    }
    return undefined;
  }

  #keep(buffer, from, to) {
    const size = this.#carried + to - from;
    if (size > this.#carry.length) {
      const greater = Buffer.allocUnsafe(2 * size);
      this.#carry.copy(greater, 0, 0, this.#carried);
      this.#carry = greater;
    }
    buffer.copy(this.#carry, this.#carried, from, to);
    this.#carried = size;
  }
}
