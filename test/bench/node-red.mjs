/**
 * Node-RED doing the same job with its own nodes: mqtt in, json, a function, the SQLite node that stores five rows a
 * message (WAL, synchronous=FULL), and mqtt out when they are stored. A broker in front of it takes and hands out what Glossa does by itself. To have it:
 *
 *   mkdir node-red && cd node-red && npm install node-red@5 node-red-node-sqlite
 *
 * and, where this Node.js is older than Node-RED asks for, `npm install node@22` there too.
 */
import Database from 'better-sqlite3';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { OBSERVATIONS, rawMessages } from './fleet.mjs';
import { root, Server } from './processes.mjs';
import { freePort, startAedes, startMosquitto } from './references.mjs';
import { remove, scratch } from './scratch.mjs';

const START_MS = 60_000;

/** The version that is installed in a folder. */
export function nodeRedVersion(folder) {
  const file = join(folder, 'node_modules/node-red/package.json');
  if (!existsSync(file)) throw new Error(`--node-red ${folder}: no node_modules/node-red in it`);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** Starts a broker and Node-RED behind it. */
export async function startNodeRed(folder, qos) {
  const broker = (await startMosquitto()) ?? (await startAedes());
  const { port } = broker.job(1, 1000, 0);
  const home = scratch();
  const database = join(home, 'observations.db');
  symlinkSync(resolve(folder, 'node_modules'), join(home, 'node_modules'));
  writeFileSync(join(home, 'package.json'), readFileSync(join(folder, 'package.json')));
  const own = join(folder, 'node_modules/node/bin/node');
  const server = Server.run(
    existsSync(own) ? own : process.execPath,
    [
      join(resolve(folder), 'node_modules/node-red/red.js'),
      ...['--userDir', home, '--port', String(await freePort())],
      ...['-D', 'telemetry.enabled=false'],
      join(root, 'test/bench/node-red-flow.json'),
    ],
    { BENCH_MQTT_PORT: String(port), BENCH_DB: database, BENCH_QOS: String(qos) },
  );
  try {
    await said(server.child, /Connected to broker/);
  } catch (error) {
    await broker.stop();
    throw error;
  }
  return {
    version: nodeRedVersion(folder),
    memory: () => server.memory(),
    /** Raw messages of a number of devices; CPU time is that of Node-RED and its broker. */
    job: (devices) => ({
      pid: [server.pid, broker.pid],
      port,
      filter: 'semantic/#',
      messages: rawMessages(devices),
      observations: OBSERVATIONS,
    }),
    rows: () => count(database),
    async stop() {
      await server.stop();
      await broker.stop();
      remove(home);
    },
  };
}

function said(child, pattern) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    const tail = [];
    const fail = (reason) => reject(new Error(`Node-RED ${reason}: ${tail.slice(-5).join(' | ')}`));
    const patience = setTimeout(() => fail('does not start'), START_MS);
    lines.on('line', (line) => {
      tail.push(line);
      if (!pattern.test(line)) return;
      clearTimeout(patience);
      resolve();
    });
    child.once('exit', (code) => {
      clearTimeout(patience);
      fail(`ended with ${code}`);
    });
  });
}

function count(file) {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare('select count(*) from observation').pluck().get();
  } finally {
    db.close();
  }
}
