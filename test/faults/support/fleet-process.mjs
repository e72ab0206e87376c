/**
 * Publishers in a process of their own, as devices are: each keeps a window of messages without acknowledgement,
 * and after a lost connection sends again what was not acknowledged, in order, with DUP [MQTT-4.4.0-1].
 *
 * Takes commands as lines of JSON on its standard input, and tells its state as such lines: see fleet.ts.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import mqttPacket from 'mqtt-packet';

const { publishers: plan, username, password } = JSON.parse(process.argv[2]);
const TELL_MS = 20;
const RETRY_MS = 20;
const START = Date.UTC(2026, 0, 1);

let port;
let sending = false;

class Publisher {
  sent = 0;
  acknowledged = 0;
  /** By packet id: the number of the message, and whether PUBREC came, so that PUBREL is due. */
  #open = new Map();
  #packetId = 0;
  #socket;
  #signedIn = false;

  constructor(options) {
    this.options = { window: 32, qos: 1, timed: false, values: 5, ...options };
  }

  get idle() {
    return this.#open.size === 0;
  }

  get connected() {
    return this.#signedIn;
  }

  connect() {
    if (this.#socket || port === undefined) return;
    const to = port;
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const parser = mqttPacket.parser();
    this.#socket = socket;
    socket.on('data', (bytes) => parser.parse(bytes));
    socket.on('error', () => undefined);
    socket.on('drain', () => this.send());
    socket.on('close', () => {
      this.#socket = undefined;
      this.#signedIn = false;
      // A service that is there takes it again; one that went is told anew with its port.
      if (port === to) setTimeout(() => this.connect(), RETRY_MS);
    });
    parser.on('packet', (packet) => this.#take(packet));
    parser.on('error', (error) => fail(`${this.options.id}: ${error.message}`));
    socket.on('connect', () =>
      this.#write({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: this.options.id,
        clean: false,
        keepalive: this.options.keepalive ?? 0,
        username,
        password: Buffer.from(password),
      }),
    );
  }

  send() {
    const { window } = this.options;
    while (
      sending &&
      this.#signedIn &&
      !this.#socket.writableNeedDrain &&
      this.#open.size < window &&
      this.sent < (this.options.limit ?? Infinity)
    ) {
      do this.#packetId = this.#packetId >= 65_535 ? 1 : this.#packetId + 1;
      while (this.#open.has(this.#packetId));
      this.#open.set(this.#packetId, { n: this.sent++, released: false });
      this.#publish(this.#packetId, false);
    }
  }

  #publish(messageId, dup) {
    const { topic, qos, timed, constant, offset = 0, values, pad } = this.options;
    const { n } = this.#open.get(messageId);
    const body = timed ? { at: new Date(START + n).toISOString() } : {};
    for (let i = 0; i < values; i++) body['abcde'[i]] = constant ? offset : n * 16 + offset;
    if (pad) body.pad = 'x'.repeat(pad);
    this.#write({ cmd: 'publish', topic, payload: JSON.stringify(body), qos, messageId, dup, retain: false });
  }

  #take(packet) {
    const open = this.#open.get(packet.messageId);
    switch (packet.cmd) {
      case 'connack':
        if (packet.returnCode !== 0) fail(`${this.options.id}: CONNACK ${packet.returnCode}`);
        this.#signedIn = true;
        for (const [messageId, { released }] of this.#open)
          if (released) this.#write({ cmd: 'pubrel', messageId });
          else this.#publish(messageId, true);
        break;
      case 'puback':
        if (open) this.#done(packet.messageId);
        break;
      case 'pubrec':
        // Acknowledged: stored. What follows only frees the packet id [MQTT-4.3.3-1].
        if (open && !open.released) {
          open.released = true;
          this.acknowledged++;
        }
        this.#write({ cmd: 'pubrel', messageId: packet.messageId });
        return;
      case 'pubcomp':
        if (open) this.#open.delete(packet.messageId);
        break;
      default:
        return;
    }
    this.send();
  }

  #done(messageId) {
    this.#open.delete(messageId);
    this.acknowledged++;
  }

  #write(packet) {
    this.#socket?.write(mqttPacket.generate(packet));
  }
}

const publishers = plan.map((options) => new Publisher(options));

function fail(message) {
  process.stdout.write(`${JSON.stringify({ failed: message })}\n`);
  process.exit(1);
}

let told = '';
setInterval(() => {
  const state = JSON.stringify({
    publishers: publishers.map(({ sent, acknowledged, idle, connected }) => [
      sent,
      acknowledged,
      Number(idle),
      Number(connected),
    ]),
  });
  if (state !== told) process.stdout.write(`${state}\n`);
  told = state;
}, TELL_MS);

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  if ('port' in command) port = command.port ?? undefined;
  if ('sending' in command) sending = command.sending;
  for (const publisher of publishers) {
    publisher.connect();
    publisher.send();
  }
});
