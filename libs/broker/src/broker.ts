import { Aedes, type Client, type Subscription } from 'aedes';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { createWebSocketStream, type WebSocket } from 'ws';
import { CONTROL_CHARACTERS, type AccessDirectory } from '#access';
import type { DeviceTable, Ingest, Outcome, OutcomeSink, SeriesTable } from '#ingest';
import type { RawMessage, Series } from '#model';
import { semanticTopic, type ObservationRenderer } from '#semantics';
import {
  credentialOf,
  forgetPolicy,
  policyOf,
  setCredential,
  setPolicy,
  skipPacketIds,
  type AedesInternals,
  remoteOf,
} from './client-internals.js';
import { DeviceStatusBoard } from './device-status.js';
import { Emitter } from './emitter.js';
import { Fanout } from './fanout/fanout.js';
import { RetainedSender } from './fanout/retained.js';
import { Gate, type GateBudget } from './intake/gate.js';
import { answerRepeatedFilters } from './intake/repeated-filters.js';
import { HoldBack } from './hold-back.js';
import { rawForward } from './raw-forward.js';
import { SessionSender } from './sessions/session-sender.js';
import { Listeners } from './listeners.js';
import type { BrokerLogger } from './logger.js';
import { RefusalLog } from './refusal-log.js';
import { MAX_FILTERS } from './sessions/filters.js';
import { SessionStore, STATE_ALONE, type SessionLimits } from './sessions/session-store.js';
import type { StoredWill } from './sessions/wills.js';

export interface BrokerOptions {
  readonly ingest: Ingest;
  readonly series: SeriesTable;
  readonly devices: DeviceTable;
  readonly access: AccessDirectory;
  readonly renderer: ObservationRenderer;
  readonly logger: BrokerLogger;
  /** Folder of persistent sessions and retained messages; undefined keeps them in memory. */
  readonly sessionDirectory?: string;
  /** What is kept there survives a power cut. */
  readonly durable?: boolean;
  readonly sessionLimits?: Partial<SessionLimits>;
  readonly budget?: GateBudget;
  /** Bytes that may wait for one subscriber's socket. */
  readonly maxBuffered?: number;
  /** Hears every outcome after it was republished here, such as an upstream broker. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** A message that is held longer is worth a word in the health. */
const LAG_SECONDS = 5;
/** How long what was read may take to be acknowledged when the broker stops. */
const DRAIN_MS = 2000;
/** CONNACK with return code 2, identifier rejected (MQTT 3.1.1, 3.2.2.3). */
const IDENTIFIER_REJECTED = Buffer.from([0x20, 2, 0, 2]);

/**
 * The MQTT 3.1.1 broker: aedes for the protocol and for raw messages; the gate on the way in, the fan-out for
 * what the gateway publishes, sessions of our own.
 */
export class Broker implements OutcomeSink {
  readonly #aedes: Aedes;
  readonly #listeners = new Listeners((socket) => this.handle(socket));
  readonly #connections = new Set<Duplex>();
  /** Connected clients by id. */
  readonly #clients = new Map<string, Client>();
  readonly #sessions: SessionStore;
  readonly #sender: SessionSender;
  readonly #fanout: Fanout;
  readonly #gate: Gate;
  readonly #holdBack: HoldBack;
  readonly #retained: RetainedSender;
  readonly #refusals: RefusalLog;
  readonly #troubles: RefusalLog;
  readonly status: DeviceStatusBoard;
  /** Since the start. */
  readonly counts = {
    signInsRefused: 0,
    subscriptionsRefused: 0,
    sessionMessagesDropped: 0,
    subscribersDropped: { full: 0, slow: 0 },
  };
  #drained: Promise<void> | undefined;
  #closing = false;

  constructor(private readonly options: BrokerOptions) {
    const { ingest, series, devices, access, renderer, logger } = options;
    this.#refusals = new RefusalLog(logger);
    this.#troubles = new RefusalLog({ info: (fields, message) => logger.warn(fields, message) });
    this.#sessions = new SessionStore({
      directory: options.sessionDirectory,
      durable: options.durable ?? false,
      ...(options.sessionLimits && { limits: options.sessionLimits }),
      mayStore: (client, filter) => policyOf(client)?.subscribe(filter).granted ?? false,
      usernameOf: (client) => policyOf(client)?.username,
      mayReceive: (username, topic) => access.policy(username)?.receive(topic) ?? false,
      isConnected: (client) => this.#clients.get(client)?.closed === false,
      onChange: () => this.#fanout.forget(),
      onDrop: (client, messages) => {
        this.counts.sessionMessagesDropped += messages;
        this.#troubles.say(client, { client, messages }, 'a session is full: its oldest messages go');
      },
      onLost: (bytes, writes) =>
        logger.warn(
          { bytes, writes },
          'sessions were damaged: some of them, or raw retained messages, are lost',
        ),
      onExpire: (client) =>
        logger.warn({ client }, 'a session ended: its client was away for too long, or there are too many'),
      onRetainedFull: (topic) =>
        this.#troubles.say('retained', { topic }, 'not retained: there is no room for more'),
      onWaiting: (client) => this.#sender.wake(client),
    });
    this.#sender = new SessionSender(this.#sessions, (client) => this.#clients.get(client));
    // The id begins with the time: queued messages of several runs sort in order.
    const id = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
    const bus = new Emitter();
    this.#aedes = new Aedes({
      id,
      mq: bus,
      persistence: this.#sessions,
      // For who reads nothing at all: what may wait for a slow reader is bounded in the fan-out.
      drainTimeout: 60_000,
      preConnect: (client, packet, done) => {
        const { clientId, clean } = packet;
        // [MQTT-3.1.3-8]: an empty id needs a clean session.
        if ((clientId === '' && !clean) || CONTROL_CHARACTERS.test(clientId)) {
          client.conn.write(IDENTIFIER_REJECTED);
          done(new Error('client id rejected'), false);
        } else done(null, true);
      },
      authenticate: (client, username, password, done) => {
        void this.#authenticate(client, username, password).then((allowed) => done(null, allowed));
      },
      authorizePublish: (client, packet, done) => this.#gate.authorize(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#authorizeSubscribe(client, subscription)),
      authorizeForward: (client, packet) => forward(client, packet),
    });
    this.#fanout = new Fanout({
      renderer,
      sessions: this.#sessions,
      stamp: () => ({
        brokerId: id,
        brokerCounter: ++(this.#aedes as unknown as AedesInternals).counter,
      }),
      policyOf: (username) => access.policy(username),
      onDrop: (client, cause, reason) => {
        this.counts.subscribersDropped[cause]++;
        logger.warn({ ...whoIs(client), reason }, 'subscriber dropped');
      },
      ...(options.maxBuffered !== undefined && { maxBuffered: options.maxBuffered }),
    });
    const forward = rawForward(this.#fanout);
    this.status = new DeviceStatusBoard(devices, this.#sessions, this.#fanout);
    this.#retained = new RetainedSender(series, this.#sessions, renderer, () => this.#gate.wake());
    this.#holdBack = new HoldBack(() => this.#sessions.flush());
    this.#gate = new Gate({
      ingest,
      sink: this,
      holdBack: this.#holdBack,
      isBehind: (client) => this.#retained.isBehind(client),
      isKept: (raw) => raw.retain || raw.qos === 2 || this.#sessions.any,
      policyOf: (username) => access.policy(username),
      sessions: this.#sessions,
      relay: (raw) => this.#relay(raw, bus),
      onRefused: (client, { client: id, username, topic, qos, packetId }, rule) => {
        const from = client && { remote: remoteOf(client) };
        const fields = { client: id, username, ...from, topic, qos, packetId, rule };
        this.#refusals.say(id, fields, 'publish refused');
      },
      onFailure: (error, { client, username, topic, qos, packetId }) => {
        if (this.#closing) return;
        const fields = { client, username, topic, qos, packetId, err: error };
        this.#troubles.say(client, fields, 'message not acknowledged');
      },
      ...(options.budget && { budget: options.budget }),
    });
    this.#listenToAedes();
    access.onChange((usernames) => this.#accountsChanged(usernames));
  }

  /** Opens sessions and begins to serve connections that are handed over. */
  async open(): Promise<void> {
    await this.#sessions.open();
    await this.#aedes.listen();
    this.#fanout.forget();
    this.status.reset();
    for (const will of this.#sessions.orphanedWills()) this.#publishWill(will);
  }

  /** The will of a client that was connected when an earlier run ended [MQTT-3.1.2-8]. */
  #publishWill(will: StoredWill): void {
    this.#gate.authorize(null, will, () => {
      const { topic, payload, qos, retain, clientId = '' } = will;
      // A message of this run, with a place in its order: the will has that of the run that kept it.
      const packet = { cmd: 'publish' as const, topic, payload, qos, retain, dup: false };
      this.#aedes.publish(packet, () => void this.#sessions.delWill({ id: clientId }));
    });
  }

  /** Listens for plain MQTT. Resolves with the port in use. @throws when the port is taken */
  listen(port: number, host: string): Promise<number> {
    return this.#listeners.listen(port, host);
  }

  /** Listens for MQTT over TLS. @param tls certificate chain and key, PEM */
  listenTls(port: number, host: string, tls: { cert: Buffer; key: Buffer }): Promise<number> {
    return this.#listeners.listenTls(port, host, tls);
  }

  /** Relays a raw message through aedes, where somebody wants it. */
  #relay({ topic, payload, qos, retain }: RawMessage, bus: Emitter): void {
    const kept = retain || (qos > 0 && this.#sessions.any && this.#sessions.sessionsFor(topic).length > 0);
    if (!kept && !bus.has(topic)) return;
    const packet = {
      cmd: 'publish' as const,
      topic,
      // What is kept must not keep all that came with it in one chunk.
      payload: kept ? Buffer.from(payload) : (payload as Buffer),
      qos,
      retain,
      dup: false,
    };
    this.#aedes.publish(packet, () => undefined);
  }

  /** Serves one connection. */
  handle(stream: Duplex | Socket, request?: IncomingMessage): void {
    stream.on('error', () => undefined);
    if (this.#closing) {
      stream.destroy();
      return;
    }
    const client = this.#aedes.handle(stream, request);
    this.#gate.attach(client);
    answerRepeatedFilters(client, this.#aedes);
    this.#connections.add(stream);
    stream.once('close', () => {
      this.#connections.delete(stream);
      this.#fanout.remove(client);
    });
  }

  /** Serves one WebSocket connection with the subprotocol `mqtt` (MQTT 3.1.1, 6). */
  handleWebSocket(socket: WebSocket, request: IncomingMessage): void {
    const stream = createWebSocketStream(socket);
    // [MQTT-6.0.0-1]: a frame that is not binary ends the connection, before the stream passes it on.
    socket.prependListener('message', (_, isBinary) => {
      if (!isBinary) stream.destroy();
    });
    this.handle(stream, request);
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Semantic messages handed to subscribers since start. */
  get delivered(): number {
    return this.#fanout.delivered;
  }

  /** Messages between a socket and the store now. */
  get depth(): number {
    return this.#gate.depth;
  }

  /** What there is now, and how long things take. */
  get statistics() {
    return {
      gate: { messages: this.#gate.depth, bytes: this.#gate.bytes, oldestMs: this.#gate.oldest },
      subscribers: this.#fanout.subscribers,
      sessions: this.#sessions.size,
      sessionMessages: this.#sessions.waiting,
      retained: this.#sessions.retained.size,
      times: { gate: this.#gate.times, republish: this.#fanout.times },
    };
  }

  /** What hinders the broker, a sentence. */
  get trouble(): string | undefined {
    const waited = Math.round(this.#gate.oldest / 1000);
    const lag =
      waited < LAG_SECONDS ? undefined : `messages have waited ${waited} s for the store or an expression`;
    return this.#sessions.trouble ?? lag;
  }

  /** Republishes an outcome: observations, reasons of rejection, a device's status. */
  publish(outcome: Outcome): void {
    this.#fanout.publish(outcome);
    if (outcome.status) this.status.set(outcome.status.device, outcome.status.online);
    this.options.onOutcome?.(outcome);
  }

  /** Raw retained messages, to be read again when a schema learns where devices say that they are there. */
  *retainedRaw(): Generator<{ topic: string; payload: Buffer }> {
    for (const { topic, payload } of this.#sessions.retained.values())
      yield { topic, payload: Buffer.from(payload) };
  }

  /** Tells live subscribers that a retained value is no more. */
  clear(topic: string): void {
    this.#fanout.send(topic, '', 1);
  }

  /** Tells live subscribers the retained value of a series' topic as it is now, an empty message where there is none. */
  renew(series: Series): void {
    const topic = semanticTopic(series);
    const datastream = this.options.series.datastream(series.device, series.name);
    const latest = datastream?.latest;
    const current = latest !== undefined && semanticTopic(latest.series) === topic;
    this.#fanout.send(topic, current ? this.options.renderer.json(latest) : '', datastream?.qos ?? 1);
  }

  /** Copies sessions and retained messages into a new folder, while running. */
  backup(directory: string): Promise<void> {
    return this.#sessions.backup(directory);
  }

  /**
   * Stops accepting and reading, and lets what was read commit and be acknowledged. WebSockets are the HTTP server's,
   * which closes after that. It waits once, for two seconds at most.
   */
  drain(): Promise<void> {
    return (this.#drained ??= this.#drain());
  }

  async #drain(): Promise<void> {
    this.#listeners.close();
    this.#gate.stop();
    const deadline = Date.now() + DRAIN_MS;
    while ((this.#gate.depth > 0 || this.#holdBack.size > 0) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Drains, if nobody did, and closes. */
  async close(): Promise<void> {
    await this.drain();
    this.#closing = true;
    this.#fanout.flush();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
    // aedes knows those that have signed in.
    for (const stream of this.#connections) stream.destroy();
    this.#gate.close();
    this.#refusals.close();
    this.#troubles.close();
    await this.#sessions.destroy();
  }

  async #authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<boolean> {
    try {
      const remote = remoteOf(client);
      const signIn = await this.options.access.authenticate(username, password?.toString() ?? '', remote);
      if (!signIn) {
        this.counts.signInsRefused++;
        const fields = { client: client.id, username: this.#shown(username), remote };
        this.#refusals.say(`${remote} ${username ?? ''}`, fields, 'sign-in refused');
        return false;
      }
      setPolicy(client, signIn.policy);
      setCredential(client, signIn.credential);
      return true;
    } catch (error) {
      const fields = { client: client.id, username: this.#shown(username) };
      this.options.logger.warn({ ...fields, err: error }, 'sign-in failed');
      return false;
    }
  }

  /** A name for the log. Some clients give their token as the name. */
  #shown(username: string | undefined): string | undefined {
    const isToken =
      username !== undefined &&
      (username.startsWith('gls_') || this.options.access.authenticateToken(username) !== undefined);
    return isToken ? '(a token)' : username;
  }

  #authorizeSubscribe(client: Client, subscription: Subscription): Subscription | null {
    if (subscription === STATE_ALONE) return null;
    const { topic, qos } = subscription;
    const decision = policyOf(client)?.subscribe(topic);
    const hasPlace =
      this.#fanout.hasPlace(client, topic) && (client.clean || this.#sessions.hasPlace(client.id, topic));
    if (!decision?.granted || !hasPlace) {
      this.counts.subscriptionsRefused++;
      const rule = hasPlace ? decision?.rule : `a client has at most ${MAX_FILTERS} subscriptions`;
      const fields = { ...whoIs(client), filter: topic, rule };
      this.#refusals.say(client.id, fields, 'subscription refused');
      return null;
    }
    if (!client.clean && client.connected) this.#holdBack.hold(client);
    this.#fanout.subscribe(client, topic, qos);
    // Inside aedes every subscription has QoS 2, so that `authorizeForward` decides: see raw-forward.ts.
    return { ...subscription, qos: 2 };
  }

  #listenToAedes(): void {
    const { logger } = this.options;
    this.#aedes.on('subscribe', (subscriptions, client) => {
      this.#retained.send(client, subscriptions).catch((error: unknown) => {
        logger.warn({ ...whoIs(client), err: error }, 'retained messages not sent');
      });
    });
    this.#aedes.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#fanout.unsubscribe(client, filter);
    });
    this.#aedes.on('client', (client) => this.#clientRegistered(client));
    this.#aedes.on('clientDisconnect', (client) => this.#clientUnregistered(client));
    this.#aedes.on('clientReady', (client) => {
      if (!client.clean) this.#sender.wake(client.id);
    });
    this.#aedes.on('clientError', (client, error) => {
      // A refused sign-in is told already.
      if (!policyOf(client)) return;
      this.#refusals.say(client.id, { ...whoIs(client), reason: error.message }, 'connection closed');
    });
    this.#aedes.on('connectionError', (client, error) => {
      const remote = remoteOf(client);
      this.#refusals.say(remote, { remote, reason: error.message }, 'connection closed before sign-in');
    });
  }

  /** Signed in; an earlier connection of the same client id is closed, and its end not noticed yet. */
  #clientRegistered(client: Client): void {
    const { id, conn } = client;
    const username = policyOf(client)?.username;
    if (username === undefined || client.closed) return;
    this.#clients.set(id, client);
    // The account may have changed since it was asked for.
    if (!this.#renew(client, username)) return;
    if (!client.clean) skipPacketIds(client, (packetId) => this.#sessions.isInFlight(id, packetId));
    this.status.connected(username);
    conn.once('close', () => this.status.disconnected(username));
  }

  #clientUnregistered(client: Client): void {
    const current = this.#clients.get(client.id);
    if (current === client) this.#clients.delete(client.id);
    // aedes goes by the id alone and forgets the client that came back while its old connection ended.
    else if (current) (this.#aedes as unknown as AedesInternals).clients[client.id] = current;
  }

  /** Closes a connection whose account is gone, or what it signed in with. Its will goes with it. */
  #expel(client: Client): void {
    forgetPolicy(client);
    client.conn.destroy();
  }

  /** Rules that changed hold at once; who could not sign in again is disconnected. */
  #accountsChanged(usernames: ReadonlySet<string>): void {
    for (const client of this.#clients.values()) {
      const username = policyOf(client)?.username;
      if (username !== undefined && usernames.has(username)) this.#renew(client, username);
    }
    this.#fanout.forget();
  }

  /** @returns whether the client may stay */
  #renew(client: Client, username: string): boolean {
    const { access } = this.options;
    const policy = access.policy(username);
    const stays = policy !== undefined && access.holds(username, credentialOf(client) ?? '');
    if (stays) setPolicy(client, policy);
    else this.#expel(client);
    return stays;
  }
}

/** A client as the log names it. */
function whoIs(client: Client) {
  return { client: client.id, username: policyOf(client)?.username, remote: remoteOf(client) };
}
