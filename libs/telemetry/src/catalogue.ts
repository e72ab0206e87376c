import type { Metric } from './metric.js';

const MILLISECONDS = 0.001;

/**
 * Every metric of the gateway's own. Names are those of Prometheus' conventions: base units, `_total` for what only
 * grows. docs/metrics.md has the same list; a test keeps them equal.
 */
export const METRICS = {
  // what became of messages
  glossa_messages_total: {
    type: 'counter',
    help: 'Messages by the state of the ledger that they ended in; survives a restart. A replay moves a message from one state to another.',
    labels: ['state'],
  },
  glossa_values_total: {
    type: 'counter',
    help: 'Values of messages by what became of them; survives a restart.',
    labels: ['fate'],
  },
  glossa_rejections_total: {
    type: 'counter',
    help: 'Reasons of dead letters, by code of the error catalogue, since the start: one for each value or message, 100 of a message at most.',
    labels: ['code'],
  },
  glossa_deliveries_total: {
    type: 'counter',
    help: 'Semantic messages handed to subscribers, since the start.',
  },
  glossa_subscribers_dropped_total: {
    type: 'counter',
    help: 'Subscribers that were disconnected, by reason: full (too much waited), slow (much waited for long), since the start. The log names them.',
    labels: ['reason'],
  },
  glossa_session_messages_dropped_total: {
    type: 'counter',
    help: 'Messages that left a full session before they were sent, since the start. The log names the clients.',
  },
  glossa_sign_ins_refused_total: {
    type: 'counter',
    help: 'Sign-ins over MQTT that were refused, since the start. The log names the clients.',
  },
  glossa_subscriptions_refused_total: {
    type: 'counter',
    help: 'Subscriptions over MQTT that were refused, since the start.',
  },
  // how long it took
  glossa_stage_seconds: {
    type: 'histogram',
    help: 'Time of a message in a stage: map (match to check) and store (append to commit) of one message of eight; gate (arrival to acknowledgement); republish (of a delivery, to the write to the socket).',
    labels: ['stage'],
    scale: MILLISECONDS,
  },
  glossa_store_commit_seconds: {
    type: 'histogram',
    help: 'Time of a transaction of the store.',
    scale: MILLISECONDS,
  },
  glossa_store_merge_seconds: {
    type: 'histogram',
    help: 'Time of moving new rows to where they stay.',
    scale: MILLISECONDS,
  },
  glossa_store_batches_total: {
    type: 'counter',
    help: 'Transactions of the store, since the start.',
  },
  glossa_store_batch_messages_total: {
    type: 'counter',
    help: 'Messages of these transactions: with the number of transactions, the size of a batch.',
  },
  glossa_store_batch_rows_total: {
    type: 'counter',
    help: 'Observations of these transactions, duplicates too.',
  },
  glossa_store_restarts_total: {
    type: 'counter',
    help: 'Threads of the store that ended or hung and were started again, since the start.',
  },
  // what waits
  glossa_gate_messages: { type: 'gauge', help: 'Messages that were read and are not yet acknowledged.' },
  glossa_gate_bytes: { type: 'gauge', help: 'Bytes of the messages that glossa_gate_messages counts.' },
  glossa_gate_oldest_seconds: {
    type: 'gauge',
    help: 'How long the message at the gate that waits longest has waited.',
  },
  glossa_store_rows_waiting: { type: 'gauge', help: 'Observations that wait for their transaction.' },
  glossa_store_head_rows: {
    type: 'gauge',
    help: 'Observations that are committed and not yet moved to where they stay.',
  },
  glossa_expressions_waiting: {
    type: 'gauge',
    help: 'Evaluations of expressions that wait for their thread.',
  },
  glossa_session_messages_waiting: {
    type: 'gauge',
    help: 'Messages that persistent sessions keep for their clients.',
  },
  // what there is
  glossa_connections: { type: 'gauge', help: 'MQTT clients that are connected.' },
  glossa_subscribers: { type: 'gauge', help: 'Connected clients with a subscription.' },
  glossa_sessions: { type: 'gauge', help: 'Persistent sessions with a subscription, connected or away.' },
  glossa_retained_messages: {
    type: 'gauge',
    help: 'Retained messages beside those of datastreams: raw ones and status of devices.',
  },
  glossa_devices: { type: 'gauge', help: 'Devices.' },
  glossa_datastreams: { type: 'gauge', help: 'Datastreams.' },
  glossa_schemas: {
    type: 'gauge',
    help: 'Schemas in service, by state: active, or suspended after repeated time-outs.',
    labels: ['state'],
  },
  glossa_store_bytes: {
    type: 'gauge',
    help: 'Bytes in the data folder, by file; a folder counts as one.',
    labels: ['file'],
  },
  // the parts
  glossa_up: {
    type: 'gauge',
    help: '1 while what comes in is stored, 0 while it is not: the status of /health.',
  },
  glossa_upstream_connected: {
    type: 'gauge',
    help: '1 while the upstream broker is connected and takes what is asked of it; absent without one.',
  },
  glossa_expression_restarts_total: {
    type: 'counter',
    help: 'Threads of expressions that were ended since they did not answer, since the start.',
  },
  glossa_event_loop_stalls_total: {
    type: 'counter',
    help: 'Times that the event loop stood still for five seconds or more, since the start.',
  },
  glossa_retention_deleted_total: {
    type: 'counter',
    help: 'Observations that were deleted since they were older than GLOSSA_RETENTION says, since the start.',
  },
  glossa_retention_finished_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last round of retention ended, in seconds of 1970; absent before the first has.',
  },
  // REST
  glossa_http_requests_total: {
    type: 'counter',
    help: 'Requests by method, route and status, since the start. A path that is no route counts as "none".',
    labels: ['method', 'route', 'status'],
  },
  glossa_http_request_seconds: {
    type: 'histogram',
    help: 'Time from a request to the end of its answer, by method and route.',
    labels: ['method', 'route'],
    scale: MILLISECONDS,
  },
  glossa_build_info: { type: 'gauge', help: 'Always 1, with the version.', labels: ['version'] },
} as const satisfies Record<string, Metric>;

/** A name of {@link METRICS}. */
export type MetricName = keyof typeof METRICS;
