import { LEDGER_STATES } from '#model';
import { MetricsSource } from '#http';
import { samplesOf, type Buckets, type Sample } from '#telemetry';
import type { Gateway } from '../compose.js';
import { sizesIn } from './folder-size.js';
import { LastKnown } from './last-known.js';

/** A scrape usually has ten seconds. */
const LEDGER_PATIENCE_MS = 2000;
const FATES = ['stored', 'duplicate', 'flagged', 'rejected'] as const;

/** What a store tells of itself, as far as it does. */
interface StoreFigures {
  readonly batches: number;
  readonly rows: number;
  readonly messages: number;
  readonly waitingRows: number;
  readonly headRows: number;
  readonly restarts: number;
  readonly commits: Durations;
  readonly merges: Durations;
}

/** In milliseconds. */
interface Durations {
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Upper ends of the classes of {@link Durations}; one more holds what is longer. */
const DURATION_CLASSES = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];

/** Where each metric is kept. */
export class GatewayMetrics extends MetricsSource {
  readonly readings: MetricsSource['readings'];

  constructor(private readonly gateway: Gateway) {
    super();
    this.readings = readings(gateway);
  }

  failed(metric: string, error: unknown): void {
    this.gateway.logger.warn({ metric, err: error }, 'a metric cannot be read');
  }
}

function readings(gateway: Gateway): MetricsSource['readings'] {
  const {
    broker,
    config,
    expressions,
    health,
    ingest,
    observations,
    rejections,
    retention,
    series,
    upstreams,
  } = gateway;
  const figures = () => (observations as { figures?: StoreFigures }).figures;
  const ledger = new LastKnown(() => observations.ledger(), LEDGER_PATIENCE_MS);
  return {
    glossa_messages_total: async () => {
      const counts = (await ledger.get())?.messages;
      return counts && samplesOf(LEDGER_STATES.map((state) => [state, counts[state]] as const));
    },
    glossa_values_total: async () => {
      const counts = (await ledger.get())?.values;
      return counts && samplesOf(FATES.map((fate) => [fate, counts[fate]] as const));
    },
    glossa_rejections_total: () => samplesOf(rejections),
    glossa_deliveries_total: () => broker.delivered,
    glossa_subscribers_dropped_total: () => samplesOf(Object.entries(broker.counts.subscribersDropped)),
    glossa_session_messages_dropped_total: () => broker.counts.sessionMessagesDropped,
    glossa_sign_ins_refused_total: () => broker.counts.signInsRefused,
    glossa_subscriptions_refused_total: () => broker.counts.subscriptionsRefused,
    glossa_stage_seconds: () =>
      Object.entries({ ...ingest.times, ...broker.statistics.times }).map(([stage, value]) => ({
        labels: [stage],
        value,
      })),
    glossa_store_commit_seconds: () => bucketsOf(figures()?.commits),
    glossa_store_merge_seconds: () => bucketsOf(figures()?.merges),
    glossa_store_batches_total: () => figures()?.batches,
    glossa_store_batch_messages_total: () => figures()?.messages,
    glossa_store_batch_rows_total: () => figures()?.rows,
    glossa_store_restarts_total: () => figures()?.restarts,
    glossa_gate_messages: () => broker.depth,
    glossa_gate_bytes: () => broker.statistics.gate.bytes,
    glossa_gate_oldest_seconds: () => broker.statistics.gate.oldestMs / 1000,
    glossa_store_rows_waiting: () => figures()?.waitingRows,
    glossa_store_head_rows: () => figures()?.headRows,
    glossa_expressions_waiting: () => expressions.waiting,
    glossa_session_messages_waiting: () => broker.statistics.sessionMessages,
    glossa_connections: () => broker.connections,
    glossa_subscribers: () => broker.statistics.subscribers,
    glossa_sessions: () => broker.statistics.sessions,
    glossa_retained_messages: () => broker.statistics.retained,
    glossa_devices: () => gateway.deviceTable.size,
    glossa_datastreams: () => series.size,
    glossa_schemas: () => schemaStates(gateway),
    glossa_store_bytes: () => sizesIn(config.dataDir),
    glossa_up: () => Number(health.health().storing),
    glossa_upstream_connected: () =>
      upstreams.length === 0 ? undefined : Number(upstreams.every(({ trouble }) => trouble === undefined)),
    glossa_expression_restarts_total: () => expressions.restarts,
    glossa_event_loop_stalls_total: () => health.stalls.stalls,
    glossa_retention_deleted_total: () => retention.deleted,
    glossa_retention_finished_timestamp_seconds: () =>
      retention.finished === undefined ? undefined : retention.finished / 1000,
    glossa_build_info: () => [{ labels: [config.version], value: 1 }],
  };
}

function bucketsOf(durations: Durations | undefined): Buckets | undefined {
  return durations && { bounds: DURATION_CLASSES, at: (i) => durations.counts[i] ?? 0, sum: durations.sum };
}

function schemaStates({ schemas }: Gateway): Sample[] {
  const all = [...schemas.all()];
  const suspended = all.filter(({ id, version }) => schemas.suspended(id, version)).length;
  return samplesOf([
    ['active', all.length - suspended],
    ['suspended', suspended],
  ]);
}
