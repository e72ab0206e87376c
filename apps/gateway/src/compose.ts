import { join } from 'node:path';
import type { Logger } from 'pino';
import { AccessDirectory } from '#access';
import { Broker, Upstream } from '#broker';
import { CODECS } from '#codecs';
import {
  AccountRegistry,
  DeadLetters,
  DeviceRegistry,
  FeatureRegistry,
  ObservationQueries,
  Previewer,
  PropertyRegistry,
  Replayer,
  Retention,
  RetentionPolicy,
  SchemaRegistry,
} from '#control';
import { DeviceTable, Ingest, SeriesTable } from '#ingest';
import { ExpressionWorker } from '#mapping';
import { ObservationRenderer, OntologyHub, UnitTable, semanticTopic } from '#semantics';
import { Tally } from '#telemetry';
import { backupTo } from './backup/backup-to.js';
import type { Config } from './config.js';
import { freePort } from './free-port.js';
import { DATA, type Stores } from './stores.js';
import { GatewayHealth } from './telemetry/health.js';
import { logRejections } from './telemetry/rejection-log.js';

type Phase = 'starting' | 'running' | 'stopping';

/** Every part of the running service. */
export type Gateway = Awaited<ReturnType<typeof compose>>;

/**
 * Builds the data plane and the control plane over it with plain `new`, connected, not yet listening. When a part
 * fails, the stores are closed.
 */
export async function compose(config: Config, logger: Logger, opening: Promise<Stores>) {
  const stores = await opening;
  try {
    return await build(config, logger, stores);
  } catch (error) {
    await stores.close().catch(() => undefined);
    throw error;
  }
}

async function build(config: Config, logger: Logger, stores: Stores) {
  const { observations, contents, control, temporary } = stores;
  const httpPort = config.httpPort === 0 ? await freePort(config.host) : config.httpPort;
  const baseUrl = config.baseUrl ?? `${config.tls ? 'https' : 'http'}://localhost:${httpPort}`;
  const hub = OntologyHub.load(UnitTable.load());
  const renderer = new ObservationRenderer(baseUrl);
  const series = new SeriesTable(contents);
  const devices = new DeviceTable(config.maxDevices);
  const access = new AccessDirectory({ adminToken: config.adminToken });
  const worker = new ExpressionWorker({});

  const schemas = new SchemaRegistry(control, { hub, codecs: CODECS, worker }, series, config.ignoreTopics);
  const policy = new RetentionPolicy(config.retention, hub);
  const properties = new PropertyRegistry(control, hub, series, schemas, policy);
  // Schemas compile against the properties.
  await properties.load();
  refuseUnknown(policy);
  await schemas.load((id, errors) =>
    logger.error({ schema: id, errors }, 'a stored schema no longer compiles and is left out'),
  );
  schemas.suspensions.onChange((schema, notice) =>
    notice
      ? logger.warn({ schema, ...notice }, 'a schema is suspended: its messages are rejected')
      : logger.info({ schema }, 'a suspended schema is in service again'),
  );
  const accounts = new AccountRegistry(control, access);
  await accounts.load();
  const deviceRegistry = new DeviceRegistry(
    control,
    observations,
    devices,
    series,
    atMostEvery(60_000, ({ message }: Error) =>
      logger.error({ reason: message }, 'new devices could not be written; they are tried again'),
    ),
  );
  await deviceRegistry.load();

  const ingest = new Ingest(observations, series, devices, schemas.snapshot());
  schemas.drive(ingest);
  const upstreams: Upstream[] = [];
  const rejections = new Tally();
  const broker = new Broker({
    ingest,
    series,
    devices,
    access,
    renderer,
    logger,
    sessionDirectory: join(config.dataDir, DATA.sessions),
    durable: config.durability === 'fsync',
    onOutcome: (outcome) => {
      for (const { code } of outcome.rejections) rejections.add(code);
      logRejections(outcome, logger);
      for (const upstream of upstreams) upstream.publish(outcome);
    },
  });
  deviceRegistry.drive({
    // Live subscribers hear of it as MQTT tells it: an empty message on the topic that is no more.
    retired: (gone) => {
      for (const one of gone) {
        broker.clear(semanticTopic(one));
        for (const upstream of upstreams) upstream.clear(one);
      }
    },
    registered: (device) => broker.status.registered(device),
    removed: (device) => broker.status.remove(device),
  });
  await broker.open();
  const readStatus = () => {
    for (const { topic, payload } of broker.retainedRaw()) {
      for (const status of ingest.snapshot.route(topic).statuses) {
        const said = status.evaluate(topic, payload);
        // A name beyond the limit of devices leaves nothing retained.
        if (said && devices.admit(said.device, status.autoCreate) === undefined)
          broker.status.set(said.device, said.online);
      }
    }
  };
  readStatus();
  schemas.onChange(readStatus);

  const queries = new ObservationQueries(observations, series, hub, baseUrl);
  queries.deletions.onRetained((changed) => {
    for (const one of changed) {
      broker.renew(one);
      for (const upstream of upstreams) upstream.renew(one);
    }
  });
  const retention = new Retention({
    store: observations,
    series,
    deletions: queries.deletions,
    policy,
    logger,
  });
  const startUpstream = async () => {
    if (!config.upstream) return;
    const { url, publish } = config.upstream;
    const upstream = await Upstream.start({
      url,
      publishBack: publish,
      file: join(config.dataDir, DATA.upstream),
      ingest,
      series,
      sink: broker,
      renderer,
      logger,
    });
    upstreams.push(upstream);
    schemas.onChange(() => upstream.subscribe());
  };

  let phase: Phase = 'starting';
  const health = new GatewayHealth({
    version: config.version,
    phase: () => phase,
    storing: () => [observations.trouble, broker.trouble].filter((one) => one !== undefined),
    upstream: () => upstreams.flatMap((upstream) => upstream.trouble ?? []),
    mqtt: () => ({ connections: broker.connections, held: broker.depth }),
    warnings: () => [
      ...[observations.warning, stores.control.warning].filter((one) => one !== undefined),
      ...suspendedSchemas(schemas),
    ],
    incidents: [
      {
        count: () => worker.restarts,
        tell: (times) =>
          `The thread of expressions did not answer and was ended, ${times} times in five minutes: GET /api/messages?code=expression-timeout names the schemas.`,
      },
      {
        count: () => broker.counts.subscribersDropped.full + broker.counts.subscribersDropped.slow,
        tell: (times) =>
          `${times} subscribers that did not read were dropped in five minutes; the log names them.`,
      },
      {
        count: () => broker.counts.sessionMessagesDropped,
        tell: (times) =>
          `${times} messages left full sessions in five minutes before they were sent; the log names the clients.`,
      },
    ],
  });

  return {
    config,
    baseUrl,
    httpPort,
    logger,
    observations,
    control,
    hub,
    renderer,
    ingest,
    access,
    broker,
    series,
    deviceTable: devices,
    expressions: worker,
    upstreams,
    rejections,
    retention,
    health,
    /** The service as a whole begins or stops to take what is sent. */
    enter: (next: 'running' | 'stopping') => {
      phase = next;
      if (next === 'running') retention.start();
    },
    schemas,
    accounts,
    properties,
    devices: deviceRegistry,
    features: new FeatureRegistry(control, queries),
    queries,
    previewer: new Previewer(schemas, ingest, devices, series, renderer),
    replayer: new Replayer(observations, ingest, broker),
    deadLetters: new DeadLetters(observations),
    startUpstream,
    backup: (directory: string) =>
      backupTo(directory, { observations, control, sessions: broker, adminToken: config.adminToken }),
    temporary,
    /** Stops accepting, commits what came in, closes. */
    close: async () => {
      health.close();
      retention.close();
      await Promise.all(upstreams.map((upstream) => upstream.close()));
      await broker.close();
      await worker.close();
      // Devices that cannot be written now are taken from the series at the next start.
      await deviceRegistry.flush().catch(() => undefined);
      await stores.close();
    },
  };
}

/** @throws an Error with a sentence when a rule is for no property that there is */
function refuseUnknown(policy: RetentionPolicy): void {
  const [unknown] = policy.unknown();
  if (!unknown) return;
  const like = unknown.like.length > 0 ? ` Did you mean ${unknown.like.join(', ')}?` : '';
  throw new Error(
    `GLOSSA_RETENTION: there is no observable property or kind ${unknown.name}.${like} GET /api/properties lists them; one of your own is defined before it is named.`,
  );
}

function suspendedSchemas(schemas: SchemaRegistry): string[] {
  return [...schemas.all()].flatMap(({ id, version }) => {
    const notice = schemas.suspended(id, version);
    return notice ? [`The schema ${id} is suspended since ${notice.since}: ${notice.reason}.`] : [];
  });
}

/** What goes on failing, several times a second, is told once in a while. */
function atMostEvery<T>(ms: number, tell: (what: T) => void): (what: T) => void {
  let last = -Infinity;
  return (what) => {
    const now = performance.now();
    if (now - last < ms) return;
    last = now;
    tell(what);
  };
}
