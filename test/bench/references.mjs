/** What Glossa is measured beside: brokers that relay, without a look at what they relay. */
import { existsSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { relayedMessages } from './fleet.mjs';
import { Server } from './processes.mjs';
import { remove, scratch } from './scratch.mjs';

const START_MS = 10_000;

/** Plain aedes as it comes. */
export async function startAedes() {
  const server = await Server.start('test/bench/aedes-relay.mjs', {}, ({ mqtt }) => mqtt !== undefined);
  return relay(server, server.ready.mqtt);
}

/** Mosquitto without limits and without persistence; undefined where it is not installed. */
export async function startMosquitto() {
  const program = mosquitto();
  if (program === undefined) return undefined;
  const folder = scratch();
  const port = await freePort();
  const settings = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'persistence false',
    'log_type none',
  ];
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `${settings.join('\n')}\n`);
  const server = Server.run(program, ['-c', file], {}, { stdio: 'ignore' });
  await listening(port, server.child);
  return relay(server, port, () => remove(folder));
}

/** Where Mosquitto is: Debian puts it where only root's PATH leads. */
export function mosquitto() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'mosquitto')).find((file) => existsSync(file));
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when a port takes connections. */
export async function listening(port, child, patience = START_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    const open = await new Promise((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => socket.end(() => resolve(true)));
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${child.spawnfile} does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function relay(server, port, cleanUp = () => undefined) {
  return {
    pid: server.pid,
    /** Publishes as long as an observation, one for each delivery. */
    job: (devices, size, qos) => ({
      pid: server.pid,
      port,
      filter: '#',
      messages: relayedMessages(devices, size, qos),
      observations: 1,
    }),
    memory: () => server.memory(),
    async stop() {
      await server.stop();
      cleanUp();
    },
  };
}
