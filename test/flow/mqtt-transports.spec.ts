import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate, parser, type Packet } from 'mqtt-packet';
import WebSocket from 'ws';
import { ADMIN_TOKEN, TestGateway } from './support/gateway.js';
import { eventually } from './support/eventually.js';
import { holdStore } from './support/held-store.js';
import { MqttTester } from './support/mqtt.js';
import { CLIMATE, register } from './support/plant.js';
import { connectPacket } from './support/wire.js';

const SEMANTIC = 'semantic/Temperature/AirTemperature/ws/temperature';
const admin = { username: 'admin', password: ADMIN_TOKEN };

/** A certificate for localhost; undefined where there is no openssl. */
function selfSigned(directory: string): { GLOSSA_TLS_CERT: string; GLOSSA_TLS_KEY: string } | undefined {
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync(
      'openssl',
      ['req', '-x509', ...curve, '-keyout', key, '-out', cert, '-days', '2', ...subject],
      {
        stdio: 'ignore',
      },
    );
    return { GLOSSA_TLS_CERT: cert, GLOSSA_TLS_KEY: key };
  } catch {
    return undefined;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'glossa-tls-'));
const certificate = selfSigned(directory);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The same exchange over any transport: subscribe, publish with every QoS, retained, wrong password. */
async function exchange(url: string, options: object): Promise<void> {
  const connect = (more: object = {}) => MqttTester.connect(url, { ...admin, ...options, ...more });
  const subscriber = await connect();
  await subscriber.subscribe(['plant/#', 'semantic/#'], 2);
  const device = await connect();
  for (const qos of [0, 1, 2] as const)
    await device.publish('plant/ws/climate', { temperature: qos }, { qos });
  // Larger than a frame, a segment and a TLS record.
  await device.publish('plant/large', Buffer.alloc(300_000, 'x'), { qos: 1, retain: true });
  const live = () => subscriber.received.filter(({ retain }) => !retain).map(({ topic }) => topic);
  await subscriber.until(() => live().length >= 7);
  expect(live().filter((topic) => topic === SEMANTIC)).toHaveLength(3);
  const late = await connect();
  await late.subscribe('plant/large', 1);
  await late.until(({ length }) => length >= 1);
  expect(late.received[0]!.text).toHaveLength(300_000);
  await expect(connect({ password: 'wrong' })).rejects.toThrow(/Not authorized/i);
  await Promise.all([subscriber, device, late].map((client) => client.end()));
}

describe('MQTT over WebSocket', () => {
  let gateway: TestGateway;
  const url = () => `${gateway.httpUrl.replace('http', 'ws')}/mqtt`;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE);
  });

  afterAll(() => gateway.stop());

  it('is MQTT', () => exchange(url(), {}));

  it('answers with the subprotocol that it speaks, and with none of others', async () => {
    const socket = new WebSocket(url(), ['other', 'mqtt']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('mqtt');
    socket.terminate();
    const other = new WebSocket(url(), ['other']);
    const [error] = (await once(other, 'error')) as [Error];
    expect(error.message).toMatch(/subprotocol/i);
  });

  it('is at /mqtt alone', async () => {
    const socket = new WebSocket(url().replace('/mqtt', '/elsewhere'), 'mqtt');
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('404');
  });

  it('takes packets however they are cut into frames, and ends at a frame of text', async () => {
    const socket = new WebSocket(url(), 'mqtt');
    await once(socket, 'open');
    const packets = parser();
    const seen: Packet[] = [];
    packets.on('packet', (packet) => seen.push(packet));
    socket.on('message', (data) => packets.parse(data as Buffer));
    const bytes = Buffer.concat([
      generate(connectPacket()),
      generate({ cmd: 'pingreq' }),
      generate({ cmd: 'pingreq' }),
    ]);
    for (const byte of bytes) socket.send(Buffer.from([byte]));
    while (seen.length < 3) await once(socket, 'message');
    expect(seen.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp', 'pingresp']);
    // [MQTT-6.0.0-1]
    const watcher = await gateway.mqtt();
    await watcher.subscribe('text');
    // A PUBLISH that happens to be text as well.
    socket.send('0\u0007\u0000\u0004text!');
    await once(socket, 'close');
    await watcher.publish('text', 'end');
    await watcher.next(({ text }) => text === 'end');
    expect(watcher.received).toHaveLength(1);
  });

  it('ends with the connection: the status and the will see it', async () => {
    const watcher = await gateway.mqtt();
    await watcher.subscribe('wills/#');
    const will = { topic: 'wills/ws', payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    const client = await MqttTester.connect(url(), { ...admin, will });
    client.client.stream.destroy();
    await watcher.next(({ topic }) => topic === 'wills/ws');
  });

  it('acknowledges what was read when the service stops', async () => {
    const stopping = await TestGateway.start();
    const socket = `${stopping.httpUrl.replace('http', 'ws')}/mqtt`;
    const client = await MqttTester.connect(socket, admin);
    const held = holdStore(stopping);
    const acknowledged = client.publish('read/before', 'x');
    await eventually(() => held.waiting === 1);
    const stopped = stopping.stop();
    held.release();
    await Promise.all([acknowledged, stopped]);
    await client.end();
  });
});

(certificate ? describe : describe.skip)('MQTT over TLS', () => {
  let gateway: TestGateway;
  let ca: Buffer;

  beforeAll(async () => {
    gateway = await TestGateway.start({ ...certificate! });
    ca = readFileSync(certificate!.GLOSSA_TLS_CERT);
    const call = request(`https://127.0.0.1:${gateway.service.ports.http}/api/schemas`, {
      method: 'POST',
      ca,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    });
    call.end(JSON.stringify(CLIMATE));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(201);
    answer.resume();
  });

  afterAll(() => gateway.stop());

  it('is MQTT, on a port of its own', () =>
    exchange(`mqtts://127.0.0.1:${gateway.service.ports.mqtts}`, { ca }));

  it('is MQTT over WebSocket too', () =>
    exchange(`wss://127.0.0.1:${gateway.service.ports.http}/mqtt`, { ca }));

  it('keeps no connection that leaves before it speaks', async () => {
    const probe = connect(gateway.service.ports.mqtts!, '127.0.0.1');
    await once(probe, 'connect');
    probe.end();
    await once(probe, 'close');
  });

  it('is not what a plain client speaks', async () => {
    await expect(
      MqttTester.connect(`mqtt://127.0.0.1:${gateway.service.ports.mqtts}`, admin),
    ).rejects.toThrow();
    const client = await gateway.mqtt();
    expect(client.client.connected).toBe(true);
  });
});
