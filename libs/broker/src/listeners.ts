import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

const HANDSHAKE_MS = 10_000;

/**
 * The ports of the broker. A socket that ended itself when its client has no more to send would let go what is held
 * back for it: they stay open on this side until aedes ends them.
 */
export class Listeners {
  readonly #servers: Server[] = [];

  /** @param handle serves one connection */
  constructor(private readonly handle: (socket: Socket) => void) {}

  /** Listens for plain MQTT. Resolves with the port in use. @throws when the port is taken */
  async listen(port: number, host: string): Promise<number> {
    return this.#serve(createServer({ noDelay: true, allowHalfOpen: true }, this.handle), port, host);
  }

  /** Listens for MQTT over TLS. @param tls certificate chain and key, PEM */
  async listenTls(port: number, host: string, tls: { cert: Buffer; key: Buffer }): Promise<number> {
    const options = { ...tls, noDelay: true, handshakeTimeout: HANDSHAKE_MS };
    const server = createTlsServer(options as object, (socket) => {
      // Not before: a peer that leaves during the handshake would be waited for.
      socket.allowHalfOpen = true;
      this.handle(socket);
    });
    server.on('tlsClientError', (_, socket) => socket.destroy());
    return this.#serve(server, port, host);
  }

  /** Accepts no more. */
  close(): void {
    for (const server of this.#servers) server.close();
  }

  async #serve(server: Server, port: number, host: string): Promise<number> {
    server.listen(port, host);
    await once(server, 'listening');
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }
}
