import { createConnection } from 'node:net';
import { connect, PacketWalker } from '../packets.mjs';

/** What is read is walked at once, so that all sockets can share one buffer: no allocation a read. */
const shared = Buffer.allocUnsafe(256 * 1024);

/** A connection of the load. Subclasses hear the packets that follow the CONNACK. */
export class Client extends PacketWalker {
  #accept;
  #fail;
  #ending = false;

  /** @param failed called with the error when the connection ends before {@link end} */
  constructor(clientId, failed) {
    super();
    this.clientId = clientId;
    this.#fail = failed;
  }

  /** Connects; resolves with the CONNACK. */
  open({ port, username, password }) {
    return new Promise((resolve, reject) => {
      this.#accept = (code) =>
        code === 0 ? resolve() : reject(new Error(`${this.clientId}: CONNACK ${code}`));
      this.socket = createConnection({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: { buffer: shared, callback: (size, buffer) => this.read(size, buffer) },
      });
      const lost = (error) => {
        if (this.#ending) return;
        const reason = new Error(`${this.clientId}: ${error?.message ?? 'the server closed the connection'}`);
        reject(reason);
        this.#fail(reason);
      };
      this.socket.on('error', lost);
      this.socket.on('close', () => lost());
      this.socket.write(connect(this.clientId, username, password));
    });
  }

  read(size, buffer) {
    this.push(buffer, size);
    return true;
  }

  packet(first, buffer, start) {
    if (first >> 4 === 2) this.#accept(buffer[start + 1]);
  }

  end() {
    this.#ending = true;
    this.socket.destroy();
  }
}
