import { setFlagsFromString } from 'node:v8';
import { pino, type Logger } from 'pino';
import { ConfigError, help, isLoopback, readConfig, type Config } from './config.js';
import type { Service } from './service.js';

const SHUTDOWN_MS = 5000;

// V8 lets a small heap grow fourfold between collections: a third of the memory under load, and no faster.
setFlagsFromString('--heap-growing-percent=25');
// Marking begins when most of that is used. V8's own rule, as soon as no more than a young generation is left, would
// have it mark without a pause, at the cost of half a core.
setFlagsFromString('--incremental-marking-soft-trigger=80');
setFlagsFromString('--incremental-marking-hard-trigger=95');

const [argument] = process.argv.slice(2);
if (argument === undefined) {
  await main();
} else if (argument === '--help' || argument === '-h') {
  process.stdout.write(help());
} else {
  process.stderr.write(`Glossa takes no argument ${argument}. npm start -- --help lists its settings.\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const began = performance.now();
  const config = configure();
  if (!config) return;
  const logger = createLogger(config.logLevel);
  warnOpen(config, logger);
  const signal = stopSignal();
  let service: Service;
  try {
    // Imported here: help and wrong settings are told at once, and threads open the files while the rest is loaded.
    const { openStores } = await import('./stores.js');
    const stores = openStores(config, logger);
    const [{ start }] = await Promise.all([import('./service.js'), stores]);
    service = await start(config, logger, stores);
  } catch (error) {
    refuse(logger, explain(error as NodeJS.ErrnoException, config));
    return;
  }
  const { ports, gateway } = service;
  logger.info(
    {
      http: ports.http,
      mqtt: ports.mqtt,
      mqtts: ports.mqtts,
      schemas: [...gateway.schemas.all()].length,
      data: config.dataDir,
    },
    `Glossa listens after ${Math.round(performance.now() - began)} ms: REST ${gateway.baseUrl}/api, docs ${gateway.baseUrl}/docs, MQTT ${ports.mqtt}, WebSocket /mqtt`,
  );
  await stop(service, logger, await signal);
}

/** The first signal stops in order, also one that comes during the start; a second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
}

function refuse(logger: Logger, sentence: string): void {
  // What stops the start is told even where the log is silent.
  if (logger.isLevelEnabled('fatal')) logger.fatal(sentence);
  else process.stderr.write(`${sentence}\n`);
  // Nothing that still runs may keep a dead service alive; what is made readable for a terminal is so in a thread.
  setTimeout(() => process.exit(1), process.stdout.isTTY ? 500 : 0);
}

function configure(): Config | undefined {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Glossa does not start: ${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

function createLogger(level: string): Logger {
  const options = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  // Readable where people look, JSON where programs do.
  if (!process.stdout.isTTY) return pino(options);
  return pino({
    ...options,
    transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' } },
  });
}

function warnOpen({ host, tls }: Config, logger: Logger): void {
  if (isLoopback(host)) return;
  if (!tls) {
    logger.warn(
      { host },
      'listens beyond this machine without TLS: passwords and data travel readably. Set GLOSSA_TLS_CERT and GLOSSA_TLS_KEY.',
    );
  } else {
    logger.warn(
      { host },
      'MQTT without TLS listens beyond this machine too, on GLOSSA_MQTT_PORT: passwords and data travel readably there.',
    );
  }
}

interface SystemError extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

function explain(error: SystemError, config: Config): string {
  return `Glossa does not start: ${reason(error, config)}`;
}

function reason(error: SystemError, config: Config): string {
  const { message, port } = error;
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port ?? ''} is in use. Stop what uses it, or set ${portSetting(config, port)}.`;
    case 'EACCES':
      return `${message}. Ports below 1024 and foreign folders need rights; ports are set with GLOSSA_HTTP_PORT, GLOSSA_MQTT_PORT and GLOSSA_MQTTS_PORT.`;
    case 'EADDRNOTAVAIL':
      return `GLOSSA_HOST=${config.host} is no address of this machine.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `GLOSSA_HOST=${config.host} is a name that cannot be resolved (${message}).`;
    case 'LEVEL_DATABASE_NOT_OPEN':
      return sessionsReason(error, config);
    case 'SESSIONS_DAMAGED':
      return sessionsReason({ ...error, cause: error }, config);
    default:
      return message;
  }
}

function portSetting({ httpPort, mqttPort, mqttsPort }: Config, port: number | undefined): string {
  if (port === httpPort) return 'GLOSSA_HTTP_PORT';
  if (port === mqttPort) return 'GLOSSA_MQTT_PORT';
  return port === mqttsPort ? 'GLOSSA_MQTTS_PORT' : 'GLOSSA_HTTP_PORT or GLOSSA_MQTT_PORT';
}

function sessionsReason({ cause }: SystemError, { dataDir }: Config): string {
  const { code, message } = (cause ?? {}) as { code?: string; message?: string };
  const folder = `${dataDir}/sessions`;
  if (code === 'LEVEL_LOCKED') return `${folder} is in use by another process. Stop that one.`;
  return `${folder} cannot be read (${message ?? 'unknown reason'}). Restore a backup, or move it away: sessions and raw retained messages go with it, observations stay.`;
}

async function stop(service: Service, logger: Logger, signal: string): Promise<void> {
  logger.info({ signal }, 'Glossa stops');
  const timer = setTimeout(() => {
    logger.error('stopping took too long; what was acknowledged is stored');
    process.exit(1);
  }, SHUTDOWN_MS);
  try {
    await service.close();
  } catch (error) {
    logger.error({ err: error }, 'stopping failed; what was acknowledged is stored');
    process.exit(1);
  }
  clearTimeout(timer);
  logger.info('Glossa stopped');
  process.exit(0);
}
