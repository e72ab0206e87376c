import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/**
 * Ports that systems leave to servers: outgoing connections are given those above, and might take one meanwhile. The
 * least is above 10080, the highest of those that browsers, and `fetch`, do not connect to (Fetch standard, 2.9).
 */
const SERVER_PORTS = [10_081, 32_000] as const;
const PORT_TRIES = 20;

/**
 * A port of `host` that nobody listens on. IRIs hold the port, so it must be known before anything listens.
 *
 * @param pick chooses from `least` up to, and without, `end`
 * @throws the system's error where `host` is not an address of this machine
 */
export async function freePort(
  host: string,
  pick: (least: number, end: number) => number = randomInt,
): Promise<number> {
  for (let tries = 0; ; tries++) {
    const wanted = tries < PORT_TRIES ? pick(...SERVER_PORTS) : 0;
    const server = createServer();
    server.listen(wanted, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      if (wanted === 0) throw error;
      continue;
    }
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }
}
