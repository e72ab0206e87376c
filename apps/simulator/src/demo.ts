import mqtt from 'mqtt';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../../gateway/src/config.js';
import { start } from '../../gateway/src/service.js';
import { FAMILIES } from './families/index.js';
import { Fleet } from './fleet.js';
import { GatewayClient } from './gateway-client.js';
import { LiveTable } from './table.js';

/** A demonstration: the gateway on a throw-away folder, seven families of devices, a table of what they mean. */
const SHOWN = new Set([
  'AirTemperature',
  'RelativeHumidity',
  'CarbonDioxide',
  'WindSpeed',
  'Glucose',
  'Occupied',
  'FluidPressure',
]);
const ROUND_MS = 1000;
/** Where nothing redraws (a pipe, a log), one picture in this many rounds, and one at the end. */
const STILL_ROUNDS = 5;

/** How the families say a property. */
const SAID: Readonly<Record<string, RegExp>> = {
  AirTemperature: /"AM2301":\{"Temperature":[-\d.]+|"temperature(_F)?":[-\d.]+|"tC":[-\d.]+|\/temperature .*/,
  RelativeHumidity: /"Humidity":[\d.]+|"humidity":[\d.]+|"rh":[\d.]+|\/humidity .*/,
  CarbonDioxide: /"co2":[\d.]+/,
  WindSpeed: /"wind_avg_mi_h":[\d.]+/,
  FluidPressure: /"pressure_PSI":[\d.]+/,
  Glucose: /"analyte":"glucose","c":[\d.]+,"u":"[^"]+"/,
  Occupied: /\/presence .*/,
};

interface Observation {
  readonly observedProperty: string;
  readonly hasFeatureOfInterest: string;
  readonly madeBySensor: string;
  readonly hasResult?: { readonly numericValue: number; readonly unit: string };
  readonly hasSimpleResult?: boolean | string;
}

const rounds = Number(/^--rounds=(\d+)$/.exec(process.argv[2] ?? '')?.[1] ?? Infinity);
await main();

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'glossa-demo-'));
  const adminToken = randomBytes(18).toString('base64url');
  const config = readConfig({
    GLOSSA_DATA_DIR: directory,
    GLOSSA_ADMIN_TOKEN: adminToken,
    GLOSSA_HTTP_PORT: String(await preferred(3000)),
    GLOSSA_MQTT_PORT: String(await preferred(1883)),
  });
  const service = await start(config, pino({ level: 'warn', base: null }));
  const { gateway, ports } = service;
  process.stdout.write(`Glossa listens: ${gateway.baseUrl}/docs, MQTT ${ports.mqtt}. The fleet starts ...\n`);
  let stopping = false;
  const cleanUp = async (code: number) => {
    if (stopping) return;
    stopping = true;
    await service.close();
    await rm(directory, { recursive: true, force: true });
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cleanUp(0));
  try {
    const account = { username: 'fleet', password: randomBytes(12).toString('base64url') };
    await new GatewayClient(gateway.baseUrl, adminToken).setUpFleet(account);
    const url = `mqtt://localhost:${ports.mqtt}`;
    const table = new LiveTable();
    await watch(url, adminToken, table);
    const fleet = await Fleet.connect(url, account.username, account.password);
    await show(fleet, table, links(gateway.baseUrl, ports.mqtt, adminToken));
    await fleet.stop();
    await cleanUp(0);
  } catch (error) {
    process.stderr.write(`The demo ends: ${(error as Error).message}\n`);
    await cleanUp(1);
  }
}

/** Puts what comes on the semantic topics beside the raw message of the same device. */
async function watch(url: string, token: string, table: LiveTable): Promise<void> {
  const client = await mqtt.connectAsync(url, {
    username: 'admin',
    password: token,
    clientId: `demo-${process.pid}`,
  });
  const families = new Map(
    FAMILIES.flatMap((family) => family.devices().map(({ id }) => [id, family.name] as const)),
  );
  const raw = new Map<string, Map<string, string>>();
  client.on('message', (topic, payload) => {
    if (topic.startsWith('glossa/')) return;
    if (!topic.startsWith('semantic/')) {
      for (const device of devicesOf(topic, payload.toString())) {
        const messages = raw.get(device) ?? new Map<string, string>();
        raw.set(device, messages.set(topic, `${topic} ${payload.toString()}`));
      }
      return;
    }
    if (payload.length === 0) return;
    const observation = JSON.parse(payload.toString()) as Observation;
    const property = observation.observedProperty;
    const device = decodeURIComponent(observation.madeBySensor.split('/').at(-1) ?? '');
    if (!SHOWN.has(property)) return;
    const room = decodeURIComponent(observation.hasFeatureOfInterest.split('/').at(-1) ?? '');
    table.put(topic, {
      room,
      family: families.get(device) ?? device,
      device,
      property,
      // The raw message may be relayed after its observation: it is looked up when the row is drawn.
      raw: () => gist([...(raw.get(device)?.values() ?? [])], property),
      normalized: say(observation),
    });
  });
  await client.subscribeAsync(['semantic/#', '#']);
}

/** Devices that a raw message is about, as far as the table needs to know. */
function devicesOf(topic: string, payload: string): string[] {
  return FAMILIES.flatMap((family) => family.devices().map(({ id }) => id)).filter((id) => {
    const model = /^(.*)-(\d+)$/.exec(id);
    if (topic.startsWith('rtl_433/'))
      return model !== null && payload.includes(`"model":"${model[1]}","id":${model[2]}`);
    if (topic.startsWith('nano/')) return id.startsWith('patch-1-');
    return topic.includes(`/${id}`) || topic.startsWith(`${id}/`);
  });
}

/** The part of a device's raw messages that says this property. */
function gist(messages: readonly string[], property: string): string {
  for (const raw of messages) {
    const found = SAID[property]?.exec(raw)?.[0];
    if (found === undefined) continue;
    const unit = /"TempUnit":"F"/.test(raw) && found.includes('Temperature') ? ' … "TempUnit":"F"' : '';
    return found.startsWith('/') ? found.slice(1).replace(' ', ': ') : found + unit;
  }
  return '';
}

function say({ hasResult, hasSimpleResult }: Observation): string {
  if (!hasResult) return String(hasSimpleResult);
  return `${Number(hasResult.numericValue.toPrecision(6))} ${hasResult.unit}`;
}

function links(baseUrl: string, mqttPort: number, token: string): string[] {
  return [
    `REST      ${baseUrl}/api    docs ${baseUrl}/docs    MQTT localhost:${mqttPort} (user admin, the token as password)`,
    `Token     ${token}`,
    `Try       curl -s -H "Authorization: Bearer ${token}" "${baseUrl}/api/observations/latest?feature=home/kitchen&property=Temperature"`,
    `          mosquitto_sub -p ${mqttPort} -u admin -P ${token} -t 'semantic/+/+/+/+/home/kitchen/#' -v`,
    'Ctrl-C ends the demo and deletes its data.',
  ];
}

/** Publishes and draws, once a second. */
async function show(fleet: Fleet, table: LiveTable, footer: readonly string[]): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    await fleet.publishOnce();
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    const terminal = process.stdout.isTTY;
    if (!terminal && round > 1 && round % STILL_ROUNDS !== 0 && round !== rounds) continue;
    const picture = [...table.render(process.stdout.columns || 120), '', ...footer, ''].join('\n');
    process.stdout.write(terminal ? `\u001b[H\u001b[2J${picture}` : picture);
  }
}

/** A port if it is free, else any. */
async function preferred(port: number): Promise<number> {
  const server = createServer();
  const free = await new Promise<number>((resolve) => {
    server.once('error', () => resolve(0));
    server.listen(port, '127.0.0.1', () => resolve(port));
  });
  if (free === 0) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : port;
}
