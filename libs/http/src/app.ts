import {
  Module,
  type DynamicModule,
  type NestApplicationOptions,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LogController, type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify';
import { AccessDirectory } from '#access';
import { AccessGuard } from './auth/access.guard.js';
import { signIn } from './auth/sign-in.js';
import { AccessController } from './accounts/access.controller.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { parseJson } from './body.js';
import { serveDocs } from './docs/serve-docs.js';
import { DevicesController } from './devices/devices.controller.js';
import { FeaturesController } from './features/features.controller.js';
import { MessagesController } from './messages/messages.controller.js';
import { DatastreamsController } from './observations/datastreams.controller.js';
import { ObservationsController } from './observations/observations.controller.js';
import { sendClientError } from './problem/client-error.js';
import { tellAllowedMethods } from './problem/allowed-methods.js';
import { ProblemFilter, sendProblem } from './problem/problem.filter.js';
import { BaseUrl } from './query/pages.js';
import { QueryGuard } from './query/query.guard.js';
import { PreviewController } from './schemas/preview.controller.js';
import { SchemasController } from './schemas/schemas.controller.js';
import { BackupController } from './system/backup.controller.js';
import { HealthController } from './system/health.controller.js';
import { MetricsController } from './system/metrics/metrics.controller.js';
import { RequestTimes } from './system/metrics/request-times.js';
import { OntologiesController } from './vocabulary/ontologies.controller.js';
import { PropertiesController } from './vocabulary/properties.controller.js';
import { UnitsController } from './vocabulary/units.controller.js';

/** Every facade, in one list. */
const CONTROLLERS: Type[] = [
  SchemasController,
  PreviewController,
  DevicesController,
  FeaturesController,
  DatastreamsController,
  ObservationsController,
  MessagesController,
  PropertiesController,
  UnitsController,
  OntologiesController,
  AccountsController,
  AccessController,
  HealthController,
  MetricsController,
  BackupController,
];

/** The HTTP edge over services that are made elsewhere. */
@Module({})
export class HttpModule {
  /** @param services instances that controllers take by their class */
  static over(services: readonly Provider[], baseUrl: string): DynamicModule {
    return {
      module: HttpModule,
      controllers: CONTROLLERS,
      providers: [
        ...services,
        { provide: BaseUrl, useValue: new BaseUrl(baseUrl) },
        RequestTimes,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_GUARD, useClass: QueryGuard },
      ],
    };
  }
}

export interface HttpOptions {
  /** The module that imports {@link HttpModule}. */
  readonly root: Type | DynamicModule;
  readonly logger: FastifyBaseLogger;
  readonly version: string;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

const BODY_LIMIT = 1024 * 1024;
/** Milliseconds from the connection, or the request before, to the end of the headers. */
const HEADERS_TIMEOUT = 10_000;
/** Milliseconds to the end of the body. */
const REQUEST_TIMEOUT = 60_000;
/** How often the two are looked at. */
const CHECK_INTERVAL = 2_000;
/** Milliseconds without a byte in either direction. */
const IDLE_TIMEOUT = 120_000;
/** Milliseconds that a connection may wait for its next request: longer than proxies keep theirs. */
const KEEP_ALIVE_TIMEOUT = 72_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Those of MQTT over WebSocket among them; MQTT has its own. */
const MAX_CONNECTIONS = 10_000;

/** Makes the application; the caller listens. */
export async function createHttpApp(options: HttpOptions): Promise<NestFastifyApplication> {
  const onError = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(error, request, reply);
  const server = {
    headersTimeout: HEADERS_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: CHECK_INTERVAL,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    logController: new LogController({ disableRequestLogging: true }),
    loggerInstance: options.logger,
    frameworkErrors: onError,
    clientErrorHandler: sendClientError,
    // A client that sends its headers or body drop by drop does not keep a socket for ever.
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: IDLE_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    ...(options.tls ? { https: { ...server, ...options.tls } } : { http: server }),
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options a class
  const settings: NestApplicationOptions = {
    bufferLogs: true,
    bodyParser: false,
    abortOnError: false,
    forceCloseConnections: true,
  };
  const app = await NestFactory.create<NestFastifyApplication>(options.root as Type, adapter, settings);
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = MAX_CONNECTIONS;
  // Fastify takes plain text as well, which is no document of ours.
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', 'application/ld+json']) {
    fastify.addContentTypeParser(
      type,
      { parseAs: 'string', bodyLimit: BODY_LIMIT },
      (_request, body, done) => {
        parseJson(body as string, done);
      },
    );
  }
  tellAllowedMethods(fastify);
  countRequests(app);
  signInBeforeBody(app);
  serveDocs(app, options.version);
  return app;
}

function countRequests(app: NestFastifyApplication): void {
  const times = app.get(RequestTimes);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', (request, reply, done) => {
    times.count(request, reply);
    done();
  });
}

/** Routes that take a body want a token, and no body is read from whoever has none. */
function signInBeforeBody(app: NestFastifyApplication): void {
  const access = app.get(AccessDirectory);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    const reads = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
    if (reads || !request.url.startsWith('/api/')) return done();
    try {
      signIn(request, access);
    } catch (error) {
      return sendProblem(error, request, reply);
    }
    done();
  });
}
