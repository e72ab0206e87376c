import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as NestLogger } from 'nestjs-pino';
import type { AddressInfo, Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { createHttpApp } from '#http';
import { AppModule } from './app.module.js';
import { compose, type Gateway } from './compose.js';
import type { Config } from './config.js';
import { openStores } from './stores.js';

/** The ports in use. */
export interface Ports {
  readonly http: number;
  readonly mqtt: number;
  readonly mqtts?: number;
}

/** A running service. */
export interface Service {
  readonly gateway: Gateway;
  readonly ports: Ports;
  /** Stops accepting, commits, closes. */
  close(): Promise<void>;
}

/** Starts everything; resolves once it listens. @param stores the data folder, when it is being opened already */
export async function start(
  config: Config,
  logger: Logger,
  stores = openStores(config, logger),
): Promise<Service> {
  const gateway = await compose(config, logger, stores);
  let app: NestFastifyApplication | undefined;
  try {
    const { host, tls } = config;
    const quiet = frameworkLogger(logger);
    app = await createHttpApp({
      root: AppModule.over(gateway, quiet),
      logger: quiet,
      version: config.version,
      ...(tls && { tls }),
    });
    app.useLogger(app.get(NestLogger));
    acceptWebSockets(app, gateway);
    const mqtt = await gateway.broker.listen(config.mqttPort, host);
    const mqtts = tls && (await gateway.broker.listenTls(config.mqttsPort, host, tls));
    await app.listen(gateway.httpPort, host);
    await gateway.startUpstream();
    const http = (app.getHttpServer().address() as AddressInfo).port;
    gateway.enter('running');
    const running = app;
    return {
      gateway,
      ports: { http, mqtt, ...(mqtts !== undefined && { mqtts }) },
      close: async () => {
        gateway.enter('stopping');
        await gateway.broker.drain();
        await running.close();
        await gateway.close();
      },
    };
  } catch (error) {
    await app?.close().catch(() => undefined);
    await gateway.close().catch(() => undefined);
    throw error;
  }
}

/** Routes and modules are told to who debugs; of the frameworks, others hear warnings alone. */
function frameworkLogger(logger: Logger): Logger {
  return logger.isLevelEnabled('debug') || !logger.isLevelEnabled('warn')
    ? logger
    : logger.child({}, { level: 'warn' });
}

/** MQTT over WebSocket at `/mqtt`, with the subprotocol that the standard asks for (MQTT 3.1.1, 6). */
function acceptWebSockets(app: NestFastifyApplication, gateway: Gateway): void {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: 2 * 1024 * 1024,
    handleProtocols: (offered) =>
      offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
  });
  app.getHttpServer().on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (request.url?.split('?')[0] !== '/mqtt') {
      // It is no longer the server's: nobody else hears of its errors, or ends it.
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () =>
        socket.destroy(),
      );
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) =>
      gateway.broker.handleWebSocket(webSocket, request),
    );
  });
}
