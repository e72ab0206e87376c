import { pino, type Logger } from 'pino';
import { ConfigError, help, readConfig, type Config } from './config.js';
import { start, type Service } from './service.js';

const SHUTDOWN_MS = 5000;

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(help());
} else {
  await main();
}

async function main(): Promise<void> {
  const began = performance.now();
  const config = configure();
  if (!config) return;
  const logger = createLogger(config.logLevel);
  warnOpen(config, logger);
  let service: Service;
  try {
    service = await start(config, logger);
  } catch (error) {
    logger.fatal(explain(error as NodeJS.ErrnoException));
    process.exitCode = 1;
    // A worker that failed to start must not keep a dead service alive.
    setTimeout(() => process.exit(1), 500).unref();
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
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop(service, logger, signal));
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
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (!loopback && !tls) {
    logger.warn(
      { host },
      'listens beyond this machine without TLS: passwords and data travel readably. Set GLOSSA_TLS_CERT and GLOSSA_TLS_KEY.',
    );
  }
}

function explain(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Glossa does not start: port ${error.port ?? ''} is in use. Stop what uses it, or set GLOSSA_HTTP_PORT or GLOSSA_MQTT_PORT.`;
    case 'EACCES':
      return `Glossa does not start: ${error.message}. Ports below 1024 and foreign folders need rights.`;
    case 'EADDRNOTAVAIL':
      return `Glossa does not start: this machine has no address ${error.address ?? ''}. Check GLOSSA_HOST.`;
    case 'LEVEL_DATABASE_NOT_OPEN':
      return `Glossa does not start: its data folder is in use by another process, or unreadable (${String(error.cause)}).`;
    default:
      return `Glossa does not start: ${error.message}`;
  }
}

async function stop(service: Service, logger: Logger, signal: string): Promise<void> {
  logger.info({ signal }, 'Glossa stops');
  const timer = setTimeout(() => {
    logger.error('stopping took too long; what was acknowledged is stored');
    process.exit(1);
  }, SHUTDOWN_MS);
  await service.close();
  clearTimeout(timer);
  logger.info('Glossa stopped');
  process.exit(0);
}
