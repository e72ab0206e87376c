import {
  LEDGER_STATES,
  formatMicros,
  pointer,
  problem,
  type DeadLetter,
  type DeadLetterQuery,
  type LedgerState,
  type Problem,
} from '#model';
import { unknownReason } from './reason-codes.js';

/** A dead letter as JSON; a payload that is UTF-8 is shown as text. */
export function letterJson(letter: DeadLetter): object {
  const {
    id,
    state,
    received,
    topic,
    payload,
    payloadSize,
    qos,
    client,
    username,
    device,
    schema,
    rule,
    rejections,
  } = letter;
  const [first] = rejections;
  const text = decodeText(payload);
  return {
    id,
    state,
    received: formatMicros(received),
    topic,
    code: first?.code,
    stage: first?.stage,
    message: first?.message,
    pointer: first?.pointer,
    errors: rejections,
    ...(text === undefined ? { payloadBase64: Buffer.from(payload).toString('base64') } : { payload: text }),
    payloadSize,
    truncated: payload.length < payloadSize,
    qos,
    client,
    username,
    device,
    schema,
    rule,
  };
}

function decodeText(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
  } catch {
    // A cut payload may end inside a character.
    return undefined;
  }
}

type Replay = { query: Omit<DeadLetterQuery, 'limit' | 'before'>; limit: number; errors: Problem[] };

/** Reads the body of a replay; everything in it is optional, and nothing means rejected and unmatched ones. */
export function replayQuery(body: unknown): Replay {
  const errors: Problem[] = [];
  const query: { -readonly [K in keyof DeadLetterQuery]?: DeadLetterQuery[K] } = {};
  let limit = 1000;
  const fail = (name: string, message: string, hint?: string) =>
    errors.push(problem(pointer(name), 'body-invalid', message, hint));
  const given = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.entries(body) : [];
  if (
    given.length === 0 &&
    body !== undefined &&
    body !== null &&
    (typeof body !== 'object' || Array.isArray(body))
  ) {
    errors.push(
      problem(
        '',
        'body-invalid',
        'a replay is an object',
        'Give { "ids": [...] } or { "state": "rejected" }.',
      ),
    );
  }
  for (const [name, value] of given) {
    if (name === 'ids') {
      const usable = Array.isArray(value) && value.every((id) => Number.isSafeInteger(id));
      if (usable) query.ids = value as number[];
      else fail(name, 'ids is a list of integers');
    } else if (name === 'state') {
      if (LEDGER_STATES.includes(value as LedgerState)) query.states = [value as LedgerState];
      else fail(name, `state is one of ${LEDGER_STATES.join(', ')}`);
    } else if (name === 'device' || name === 'schema' || name === 'code') {
      if (typeof value === 'string') query[name] = value;
      else fail(name, `${name} is a text`);
    } else if (name === 'limit') {
      if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 10_000)
        limit = value as number;
      else fail(name, 'limit is an integer from 1 to 10000');
    } else fail(name, `a replay has no member ${name}`);
  }
  const unknown = query.code === undefined ? undefined : unknownReason(query.code);
  if (unknown) fail('code', unknown.message, unknown.hint);
  if (!query.ids && !query.states) query.states = ['rejected', 'unmatched', 'stored'];
  return { query, limit, errors };
}
