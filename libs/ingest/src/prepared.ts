import type { DeadLetterAppend, LedgerState, MessageAppend, RawMessage, Rejection } from '#model';
import type { DeviceStatus, Heard, Republication } from './outcome.js';
import { resendKey } from './resend.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A value as it will be stored; its nth, and whether it is the newest, are known after the commit. */
export type PreparedValue = Mutable<Republication>;

/** A message that is ready for the store. */
export interface Prepared extends MessageAppend {
  readonly raw: RawMessage;
  /** Who is told what became of it. */
  heard: Heard | undefined;
  readonly values: PreparedValue[];
  readonly rejections: readonly Rejection[];
  replay: MessageAppend['replay'];
  readonly status: DeviceStatus | undefined;
  readonly device: string | undefined;
  readonly schema: string | undefined;
}

/** Reasons that a dead letter tells; more of one message are counted, not told. */
const MAX_TOLD = 100;

/** Characters of a reason and of its pointer: both may quote the payload. */
const MAX_TEXT = 1000;

/**
 * Makes a message ready.
 * @param fallback its state when none of its values is stored or known already
 * @param schema `id/versions/n` of the schema that took it
 * @param rule the access rule that denied it
 */
export function prepare(
  raw: RawMessage,
  fallback: LedgerState,
  values: PreparedValue[],
  rejections: readonly Rejection[],
  status?: DeviceStatus,
  device?: string,
  schema?: string,
  rule?: string,
): Prepared {
  const told = toldOf(rejections);
  return {
    raw,
    heard: undefined,
    values,
    // A rejection that names a datastream is of a value, others are of the message.
    rejectedValues: rejections.length === 0 ? 0 : rejections.filter(({ name }) => name !== undefined).length,
    fallback,
    // Every message has the same members: objects of one shape are what the hot path is fast with.
    deadLetter: told.length > 0 ? letter(raw, told, device, schema, rule) : undefined,
    resend: raw.qos > 0 && raw.packetId !== undefined ? resend(raw, raw.packetId) : undefined,
    replay: undefined,
    rejections: told,
    status,
    device,
    schema,
  };
}

/** The first reasons, none of them long. */
function toldOf(rejections: readonly Rejection[]): readonly Rejection[] {
  const told = rejections.length > MAX_TOLD ? rejections.slice(0, MAX_TOLD) : rejections;
  return told.some(isLong) ? told.map(cut) : told;
}

function isLong({ message, pointer = '' }: Rejection): boolean {
  return message.length > MAX_TEXT || pointer.length > MAX_TEXT;
}

function cut(rejection: Rejection): Rejection {
  if (!isLong(rejection)) return rejection;
  const { message, pointer } = rejection;
  return { ...rejection, message: short(message), ...(pointer !== undefined && { pointer: short(pointer) }) };
}

function short(text: string): string {
  // A pair that stands for one character is not parted.
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}

function letter(
  { received, topic, payload, qos, client, username }: RawMessage,
  rejections: readonly Rejection[],
  device: string | undefined,
  schema: string | undefined,
  rule: string | undefined,
): DeadLetterAppend {
  return {
    received,
    topic,
    payload,
    qos,
    client,
    username,
    ...(device !== undefined && { device }),
    ...(schema !== undefined && { schema }),
    ...(rule !== undefined && { rule }),
    rejections,
  };
}

function resend({ client, topic, payload, dup }: RawMessage, packetId: number) {
  return { client, packetId, hash: resendKey(topic, payload), dup };
}
