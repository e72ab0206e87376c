import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const ADMIN_TOKEN = 'admin-token-of-the-bench';

/** A server in its own process; `ready` is the first JSON line that holds a port. */
export class Server {
  static async start(file, env, isReady, nodeArgs = []) {
    const child = spawn(process.execPath, [...nodeArgs, join(root, file)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const server = new Server(child);
    const lines = createInterface({ input: child.stdout });
    server.ready = await new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        const said = parse(line);
        if (said && isReady(said)) resolve(said);
        else if (said?.level >= 40) process.stderr.write(`${line}\n`);
      });
      child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
    });
    return server;
  }

  constructor(child) {
    this.child = child;
  }

  /** Resident bytes now and at most since start. */
  memory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const kib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
    return { now: kib('VmRSS'), peak: kib('VmHWM') };
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}

/** A gateway on a throw-away folder. */
export class Gateway {
  static async start(env = {}, directory = mkdtempSync(join(tmpdir(), 'glossa-bench-')), nodeArgs = []) {
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
    gateway.mqttPort = gateway.server.ready.mqtt;
    gateway.url = `http://127.0.0.1:${gateway.server.ready.http}`;
    return gateway;
  }

  async call(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        Authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  memory() {
    return this.server.memory();
  }

  async stop({ keep = false } = {}) {
    await this.server.stop();
    if (!keep) rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs a job in the load's own process. */
export function load(job) {
  const child = fork(join(root, 'test/bench/load.mjs'));
  child.send(job);
  return new Promise((resolve, reject) => {
    child.once('message', ({ result, error }) => (error ? reject(new Error(error)) : resolve(result)));
    child.once('exit', (code, signal) =>
      reject(new Error(`the load ended without a result: ${code ?? signal}`)),
    );
  });
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
