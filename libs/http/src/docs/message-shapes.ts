import { LEDGER_STATES } from '#model';
import { REASON_CODES } from '../messages/reason-codes.js';
import { choice, count, flag, list, object, ref, text, time, type Shape } from './shapes.js';

const reason = { stage: text(), code: text(), message: text() };
const state = choice(...LEDGER_STATES);
const counts = (...names: string[]): Shape =>
  object(Object.fromEntries(names.map((name) => [name, count()])));

/** Of messages, and of the service itself. */
export const MESSAGE_SHAPES: Readonly<Record<string, Shape>> = {
  Ledger: object({
    messages: { ...counts('received', ...LEDGER_STATES), description: 'received is the sum of the others' },
    values: counts('stored', 'duplicate', 'flagged', 'rejected'),
  }),
  DeadLetter: object(
    {
      id: { type: 'integer' },
      state,
      received: time(),
      topic: text(),
      ...reason,
      errors: list(object(reason, { pointer: text(), name: text(), item: count() })),
      payloadSize: count('Bytes, before it was cut'),
      truncated: flag('Cut at 64 KiB: it cannot run again'),
      qos: { type: 'integer', minimum: 0, maximum: 2 },
      client: text(),
      username: text(),
    },
    {
      pointer: text(),
      payload: text('Where it is UTF-8'),
      payloadBase64: text('Where it is not'),
      device: text(),
      schema: text(undefined, { example: 'zigbee2mqtt-climate/versions/1' }),
      rule: text('The access rule that denied it'),
    },
  ),
  ReplayRequest: object(
    {},
    {
      ids: list({ type: 'integer' }),
      state,
      device: text(),
      schema: text(),
      code: choice(...REASON_CODES),
      limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 1000 },
    },
  ),
  Replay: object({
    replayed: count(),
    items: list(
      object({ id: { type: 'integer' } }, { before: state, state, reason: text('Why it could not run') }),
    ),
  }),
  Health: object(
    {
      status: choice('ok', 'degraded'),
      storing: flag('What comes in is stored'),
      trouble: list(text(), 'What hinders it'),
      warnings: list(text(), 'What hinders nothing and wants to be looked at'),
      version: text(),
      uptime: count('Seconds'),
      mqtt: object({ connections: count(), held: count('Messages that wait for their commit') }),
    },
    { since: time('Since when something hinders it') },
  ),
  Readiness: object(
    { ready: flag('Messages and requests may be sent here'), reasons: list(text(), 'Why not') },
    { since: time('Since when they may not') },
  ),
  Problem: object(
    {
      type: text('URI reference'),
      title: text('What the code means'),
      status: { type: 'integer' },
      code: text('Of the catalogue at /docs/errors'),
      detail: text('What happened here'),
      hint: text('The way out'),
    },
    { instance: text(), errors: list(ref('ProblemPart'), 'Everything that is wrong, at once') },
    { description: 'RFC 9457 problem details' },
  ),
  ProblemPart: object({
    pointer: text('JSON Pointer into the document, or the name of a parameter'),
    code: text(),
    message: text(),
    hint: text(),
  }),
};
