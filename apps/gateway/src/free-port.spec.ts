import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { freePort } from './free-port.js';

const HOST = '127.0.0.1';

/** Listens on a port while something is done. */
async function listening(port: number, then: () => Promise<void>): Promise<void> {
  const server = createServer((_, answer) => answer.end('here')).listen(port, HOST);
  await once(server, 'listening');
  try {
    await then();
  } finally {
    server.close();
  }
}

describe('a free port', () => {
  it.each([
    ['the least', (least: number) => least],
    ['the most', (_: number, end: number) => end - 1],
  ])('is one that fetch connects to: %s', async (_, pick) => {
    const port = await freePort(HOST, pick);
    await listening(port, async () => {
      const answer = await fetch(`http://${HOST}:${port}`, { headers: { connection: 'close' } });
      expect(await answer.text()).toBe('here');
    });
  });

  it('lies beyond those that fetch refuses', async () => {
    let least = 0;
    await freePort(HOST, (from) => (least = from));
    // It refuses them before it connects, so nothing need listen there.
    const refused: number[] = [];
    for (let port = least - 300; port < least; port++)
      await fetch(`http://${HOST}:${port}`).catch((error: unknown) => {
        if (((error as Error).cause as Error).message === 'bad port') refused.push(port);
      });
    expect(refused).toEqual([10_080]);
  });

  it('is another one where somebody listens', async () => {
    const taken = createSocketServer().listen(0, HOST);
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const picks = [port, port];
    const free = await freePort(HOST, (least, end) => picks.pop() ?? end - 7);
    taken.close();
    expect(picks).toEqual([]);
    expect(free).not.toBe(port);
  });
});
