import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { RetentionRules } from '#control';
import { readRetention } from './retention-setting.js';

/** Every setting, validated. */
export interface Config {
  readonly host: string;
  readonly httpPort: number;
  readonly mqttPort: number;
  readonly mqttsPort: number;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly dataDir: string;
  /** Prefix of every IRI, without a trailing slash. Undefined: `http(s)://localhost:<HTTP port>`. */
  readonly baseUrl: string | undefined;
  readonly adminToken: string;
  readonly upstream: { readonly url: string; readonly publish: boolean } | undefined;
  readonly durability: 'fsync' | 'os';
  readonly maxDevices: number;
  readonly ignoreTopics: readonly string[];
  readonly retention: RetentionRules;
  /** `open`: anyone who reaches the port may read the metrics. */
  readonly metricsAccess: 'open' | 'token';
  readonly logLevel: string;
  readonly version: string;
}

/** A setting that cannot be used; the sentence names it and the way out. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Setting {
  readonly name: string;
  readonly fallback: string;
  readonly about: string;
}

/** What `--help` lists. */
export const SETTINGS: readonly Setting[] = [
  { name: 'GLOSSA_HOST', fallback: '127.0.0.1', about: 'Address to listen on; 0.0.0.0 for every interface' },
  {
    name: 'GLOSSA_HTTP_PORT',
    fallback: '3000',
    about: 'REST, /docs, and MQTT over WebSocket at /mqtt; 0 takes a free one',
  },
  { name: 'GLOSSA_MQTT_PORT', fallback: '1883', about: 'MQTT; 0 takes a free one' },
  { name: 'GLOSSA_MQTTS_PORT', fallback: '8883', about: 'MQTT over TLS, when a certificate is given' },
  {
    name: 'GLOSSA_TLS_CERT',
    fallback: '',
    about: 'Certificate chain (PEM file); with the key: HTTPS and MQTT over TLS',
  },
  { name: 'GLOSSA_TLS_KEY', fallback: '', about: 'Private key (PEM file)' },
  { name: 'GLOSSA_DATA_DIR', fallback: './data', about: 'Folder of everything that is stored' },
  { name: 'GLOSSA_BASE_URL', fallback: 'http://localhost:<HTTP port>', about: 'Prefix of every IRI' },
  {
    name: 'GLOSSA_ADMIN_TOKEN',
    fallback: 'generated into <data>/admin-token',
    about: 'Token of the account admin',
  },
  {
    name: 'GLOSSA_UPSTREAM',
    fallback: '',
    about: 'URL of an existing broker: mapped topics are taken from there',
  },
  { name: 'GLOSSA_UPSTREAM_PUBLISH', fallback: 'false', about: 'Publish the semantic topics to that broker' },
  {
    name: 'GLOSSA_DURABILITY',
    fallback: 'fsync',
    about: 'fsync: an acknowledged message survives a power cut; os: a crash of the process',
  },
  { name: 'GLOSSA_MAX_DEVICES', fallback: '10000', about: 'Limit of devices' },
  {
    name: 'GLOSSA_IGNORE_TOPICS',
    fallback: '',
    about: 'Topic filters, separated by commas, that are not counted as unmatched',
  },
  {
    name: 'GLOSSA_RETENTION',
    fallback: 'forever',
    about: 'How long observations are kept: 365d, or 365d, Acceleration=7d, Position=forever',
  },
  {
    name: 'GLOSSA_METRICS_ACCESS',
    fallback: 'open on a loopback address, else token',
    about: 'open: /metrics needs no token; token: that of an operator or admin',
  },
  { name: 'GLOSSA_LOG_LEVEL', fallback: 'info', about: 'fatal, error, warn, info, debug, trace or silent' },
];

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** The help text of the service. */
export function help(): string {
  const width = Math.max(...SETTINGS.map(({ name }) => name.length));
  const lines = SETTINGS.map(({ name, fallback, about }) => {
    const value = fallback === '' ? '' : ` [${fallback}]`;
    return `  ${name.padEnd(width)}  ${about}${value}`;
  });
  return [
    'Glossa: semantic interoperability between devices and applications.',
    '',
    'Settings (environment variables):',
    ...lines,
    '',
  ].join('\n');
}

/**
 * Reads and checks the settings. Makes the data folder and, when none is given, the admin token.
 * @throws ConfigError naming the first setting that cannot be used
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const text = (name: string) => {
    const value = env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  for (const name of Object.keys(env)) {
    if (
      name.startsWith('GLOSSA_') &&
      !SETTINGS.some((setting) => setting.name === name) &&
      !name.startsWith('GLOSSA_TEST_')
    ) {
      throw new ConfigError(`${name} is no setting. npm start -- --help lists them.`);
    }
  }
  const host = text('GLOSSA_HOST') ?? '127.0.0.1';
  if (isIP(host) === 0 && !/^[a-z0-9.-]+$/i.test(host))
    throw new ConfigError(`GLOSSA_HOST=${host} is no address.`);
  const settings = {
    host,
    httpPort: integer('GLOSSA_HTTP_PORT', text('GLOSSA_HTTP_PORT'), 3000, 0, 65_535),
    mqttPort: integer('GLOSSA_MQTT_PORT', text('GLOSSA_MQTT_PORT'), 1883, 0, 65_535),
    mqttsPort: integer('GLOSSA_MQTTS_PORT', text('GLOSSA_MQTTS_PORT'), 8883, 0, 65_535),
    tls: tls(text('GLOSSA_TLS_CERT'), text('GLOSSA_TLS_KEY')),
    baseUrl: baseUrl(text('GLOSSA_BASE_URL')),
    upstream: upstream(text('GLOSSA_UPSTREAM'), text('GLOSSA_UPSTREAM_PUBLISH')),
    durability: choice('GLOSSA_DURABILITY', text('GLOSSA_DURABILITY'), ['fsync', 'os'] as const, 'fsync'),
    maxDevices: integer('GLOSSA_MAX_DEVICES', text('GLOSSA_MAX_DEVICES'), 10_000, 1, 10_000_000),
    ignoreTopics: filters(text('GLOSSA_IGNORE_TOPICS')),
    retention: retention(text('GLOSSA_RETENTION')),
    metricsAccess: choice(
      'GLOSSA_METRICS_ACCESS',
      text('GLOSSA_METRICS_ACCESS'),
      ['open', 'token'] as const,
      isLoopback(host) ? 'open' : 'token',
    ),
    logLevel: choice('GLOSSA_LOG_LEVEL', text('GLOSSA_LOG_LEVEL'), LEVELS, 'info'),
    version: (createRequire(import.meta.url)(packageFile()) as { version: string }).version,
  };
  refuseSharedPort(settings);
  const given = givenToken(text('GLOSSA_ADMIN_TOKEN'));
  // The folder last: a wrong setting leaves none behind.
  const dataDir = dataFolder(text('GLOSSA_DATA_DIR') ?? './data');
  return Object.freeze({ ...settings, dataDir, adminToken: given ?? keptToken(dataDir) });
}

/** package.json is above `apps/`, in the sources and in the build. */
function packageFile(): string {
  for (let dir = import.meta.dirname; ; dir = join(dir, '..')) {
    const file = join(dir, 'package.json');
    if (existsSync(file)) return file;
  }
}

function integer(
  name: string,
  value: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new ConfigError(`${name}=${value} is no integer from ${min} to ${max}.`);
}

function choice<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback;
  const found = choices.find((one) => one === value);
  if (found === undefined) throw new ConfigError(`${name}=${value} is none of ${choices.join(', ')}.`);
  return found;
}

function dataFolder(path: string): string {
  const dir = resolve(path);
  try {
    // It holds what people measure, and how accounts sign in.
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError(
      `GLOSSA_DATA_DIR=${path} cannot be used: ${(error as Error).message}. Name a folder that this user may write.`,
    );
  }
  return dir;
}

/** Given ports that are equal would say "in use" of a port that nobody else uses. */
function refuseSharedPort({
  httpPort,
  mqttPort,
  mqttsPort,
  tls: secured,
}: Pick<Config, 'httpPort' | 'mqttPort' | 'mqttsPort' | 'tls'>): void {
  const ports = [
    ['GLOSSA_HTTP_PORT', httpPort],
    ['GLOSSA_MQTT_PORT', mqttPort],
    ...(secured ? [['GLOSSA_MQTTS_PORT', mqttsPort] as const] : []),
  ] as const;
  for (const [i, [name, port]] of ports.entries()) {
    const other = port === 0 ? undefined : ports.slice(0, i).find(([, taken]) => taken === port);
    if (other) throw new ConfigError(`${other[0]} and ${name} are both ${port}; each needs its own port.`);
  }
}

function baseUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    // What may hold a password is not repeated.
    const shown = value.includes('@') ? 'GLOSSA_BASE_URL' : `GLOSSA_BASE_URL=${value}`;
    throw new ConfigError(`${shown} is no http or https URL such as https://glossa.example.org.`);
  }
  return url.href.replace(/\/+$/, '');
}

function upstream(url: string | undefined, publish: string | undefined): Config['upstream'] {
  const back = choice('GLOSSA_UPSTREAM_PUBLISH', publish, ['true', 'false'] as const, 'false') === 'true';
  if (url === undefined) {
    if (back) throw new ConfigError('GLOSSA_UPSTREAM_PUBLISH=true needs GLOSSA_UPSTREAM.');
    return undefined;
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  // Its value is not repeated: it may hold a password.
  if (!parsed || !/^(mqtts?|wss?|tcp|ssl|tls):$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new ConfigError('GLOSSA_UPSTREAM is no broker URL such as mqtt://user:password@broker:1883.');
  }
  return { url, publish: back };
}

function tls(cert: string | undefined, key: string | undefined): Config['tls'] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new ConfigError('GLOSSA_TLS_CERT and GLOSSA_TLS_KEY belong together; one is missing.');
  const read = (name: string, file: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new ConfigError(`${name}=${file} cannot be read: ${(error as Error).message}.`);
    }
  };
  const pair = { cert: read('GLOSSA_TLS_CERT', cert), key: read('GLOSSA_TLS_KEY', key) };
  const accept = (part: Partial<typeof pair>, otherwise: string) => {
    try {
      createSecureContext(part);
    } catch (error) {
      throw new ConfigError(`${otherwise} (${(error as Error).message}).`);
    }
  };
  accept({ cert: pair.cert }, `GLOSSA_TLS_CERT=${cert} is no certificate in PEM`);
  accept({ key: pair.key }, `GLOSSA_TLS_KEY=${key} is no private key in PEM without a passphrase`);
  accept(pair, `GLOSSA_TLS_KEY=${key} is not the key of GLOSSA_TLS_CERT=${cert}`);
  return pair;
}

function filters(value: string | undefined): string[] {
  const list = value?.split(',').map((filter) => filter.trim()) ?? [];
  for (const filter of list) {
    const levels = filter.split('/');
    const valid =
      filter !== '' &&
      levels.every(
        (level, i) => level === '+' || (level === '#' && i === levels.length - 1) || !/[+#]/.test(level),
      );
    if (!valid) throw new ConfigError(`GLOSSA_IGNORE_TOPICS: "${filter}" is no topic filter.`);
  }
  return list;
}

function retention(value: string | undefined): RetentionRules {
  const rules = readRetention(value);
  if (typeof rules === 'string') throw new ConfigError(`GLOSSA_RETENTION: ${rules}.`);
  return rules;
}

/** Whether only programs of this machine reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function givenToken(given: string | undefined): string | undefined {
  if (given !== undefined && (given.length < 16 || /\s/.test(given)))
    throw new ConfigError('GLOSSA_ADMIN_TOKEN needs 16 characters or more, without spaces.');
  return given;
}

/** The token in the data folder, made when there is none. */
function keptToken(dataDir: string): string {
  const file = join(dataDir, 'admin-token');
  try {
    if (!existsSync(file)) writeToken(file, randomBytes(24).toString('base64url'));
    const token = readFileSync(file, 'utf8').trim();
    if (token.length >= 16 && !/\s/.test(token)) return token;
  } catch (error) {
    throw new ConfigError(`${file} cannot be used: ${(error as Error).message}. Or set GLOSSA_ADMIN_TOKEN.`);
  }
  // An empty one would let everybody in.
  throw new ConfigError(
    `${file} holds no token of 16 characters or more. Delete it and a new one is made, or set GLOSSA_ADMIN_TOKEN.`,
  );
}

/** For its owner only, and whole or not at all, whenever the process ends. */
function writeToken(file: string, token: string): void {
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(handle, `${token}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
}
