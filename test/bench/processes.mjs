import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { OBSERVATIONS, rawMessages } from './fleet.mjs';
import { leash, remove, scratch } from './scratch.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const ADMIN_TOKEN = 'admin-token-of-the-bench';
/** A server that does not end by itself by then is ended. */
const STOP_MS = 20_000;

/** A server in its own process; `ready` is the first JSON line that holds a port. */
export class Server {
  /** @param isReady tells the line of standard output, parsed, that says so */
  static async start(file, env, isReady, nodeArgs = []) {
    const server = Server.run(process.execPath, [...nodeArgs, join(root, file)], env);
    const lines = createInterface({ input: server.child.stdout });
    server.ready = await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const said = parse(line);
        if (said && isReady(said)) resolve(said);
        else if (said?.level >= 40) process.stderr.write(`${line}\n`);
      });
      server.child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    return server;
  }

  /** Any program; `env` is beside that of this process. */
  static run(command, args, env = {}, options = {}) {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...options,
    });
    return new Server(leash(child));
  }

  constructor(child) {
    this.child = child;
  }

  get pid() {
    return this.child.pid;
  }

  /** Resident bytes now and at most since start. */
  memory() {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const kib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    return { now: kib('VmRSS'), peak: kib('VmHWM') };
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const impatient = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
    clearTimeout(impatient);
  }
}

/** A gateway on a throw-away folder. */
export class Gateway {
  static async start(env = {}, directory = scratch(), nodeArgs = []) {
    const gateway = new Gateway();
    gateway.directory = directory;
    const began = performance.now();
    gateway.server = await Server.start(
      'dist/apps/gateway/src/main.js',
      {
        GLOSSA_DATA_DIR: directory,
        GLOSSA_HTTP_PORT: '0',
        GLOSSA_MQTT_PORT: '0',
        GLOSSA_ADMIN_TOKEN: ADMIN_TOKEN,
        GLOSSA_MAX_DEVICES: '100000',
        ...env,
      },
      (line) => line.mqtt !== undefined,
      nodeArgs,
    );
    gateway.startMs = performance.now() - began;
    gateway.url = `http://127.0.0.1:${gateway.server.ready.http}`;
    return gateway;
  }

  get pid() {
    return this.server.pid;
  }

  get port() {
    return this.server.ready.mqtt;
  }

  /** What the load has to know of it, and messages of the schema `bench` from a number of devices. */
  job(devices) {
    return {
      pid: this.pid,
      port: this.port,
      username: 'admin',
      password: ADMIN_TOKEN,
      filter: 'semantic/#',
      messages: rawMessages(devices),
      observations: OBSERVATIONS,
    };
  }

  async call(method, path, body) {
    const response = await this.fetch(path, {
      method,
      headers: body && { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** @throws unless the answer is a good one */
  async fetch(path, { headers, ...options } = {}) {
    const url = path.startsWith('http') ? path : this.url + path;
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
      ...options,
    });
    if (!response.ok)
      throw new Error(`${options.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  /** The ledger once it has counted `received` messages. */
  async ledger(received = 0) {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const ledger = await this.call('GET', '/api/messages/summary');
      if (ledger.messages.received >= received || Date.now() > deadline) return ledger;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stored observations, counted by the store and not by the ledger. */
  async rows() {
    let rows = 0;
    for (let page = '/api/datastreams?limit=10000'; page !== undefined;) {
      const { items, next } = await this.call('GET', page);
      for (const { count } of items) rows += count;
      // Its host is the base URL's, which need not be that of this test.
      page = next && next.slice(new URL(next).origin.length);
    }
    return rows;
  }

  memory() {
    return this.server.memory();
  }

  async stop({ keep = false } = {}) {
    await this.server.stop();
    if (!keep) remove(this.directory);
  }
}

/** Runs a job in the load's own process. */
export function load(job) {
  return startLoad(job).result;
}

/** The same, to be told to end before its time with `stop`; `ready` resolves when a job without an end is under way. */
export function startLoad(job) {
  const child = leash(fork(join(root, 'test/bench/load.mjs')));
  child.send(job);
  let isReady;
  const ready = new Promise((resolve) => (isReady = resolve));
  const result = new Promise((resolve, reject) => {
    child.on('message', (said) => {
      if (said.ready) isReady();
      else if (said.error) reject(new Error(said.error));
      else resolve(said.result);
    });
    child.once('exit', (code, signal) =>
      reject(new Error(`the load ended without a result: ${code ?? signal}`)),
    );
  });
  return { ready: Promise.race([ready, result]), result, stop: () => child.connected && child.send('stop') };
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
