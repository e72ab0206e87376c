import { connect } from 'node:net';

/** A request that is not whole has no answer: after so long without one, nothing follows. */
const SILENCE_MS = 400;

/** Sends bytes as they are and answers what came until the end of the connection. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  // Node answers nothing more to who has said that nothing follows.
  const silent = setTimeout(() => socket.end(), SILENCE_MS);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    silent.refresh();
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  clearTimeout(silent);
  return Buffer.concat(chunks).toString('latin1');
}

/** The status of each answer in what a connection got. */
export function statuses(answer: string): number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}
