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
 * the bottleneck of what it measures.
 */
export class Walker {
  #rest = Buffer.alloc(0);

  /** @param onPacket called with (first byte, buffer, start of the variable header, end) */
  constructor(onPacket) {
    this.onPacket = onPacket;
  }

  push(chunk) {
    const buffer = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let scale = 1;
      let i = at + 1;
      let complete = false;
      while (i < buffer.length) {
        const byte = buffer[i++];
        length += (byte & 127) * scale;
        scale *= 128;
        if ((byte & 128) === 0) {
          complete = true;
          break;
        }
      }
      if (!complete || i + length > buffer.length) break;
      this.onPacket(buffer[at], buffer, i, i + length);
      at = i + length;
    }
    this.#rest = at === 0 ? buffer : buffer.subarray(at);
  }
}
