import type { MapResult } from '#mapping';
import { CodecError, type RawMessage, type Rejection } from '#model';
import type { DeviceTable } from './device-table.js';
import type { Candidate, Route } from './snapshot.js';

/** A message decoded and mapped by the schema that takes it, or why that failed; empty where none applies. */
export interface Mapped {
  readonly candidate?: Candidate;
  readonly result?: MapResult;
  readonly rejection?: Rejection;
}

/** Where choosing goes on after an expression had to wait. */
interface Resume {
  readonly at: number;
  readonly payload: unknown;
  readonly matches: boolean | Rejection;
  readonly result?: MapResult;
}

/**
 * Decodes and maps with the first candidate whose `match` holds; one that is registered for the device wins over
 * it. One that fails to decode or match leaves the message to the others. Waits only where an expression needs the
 * worker.
 */
export function choose(
  route: Route,
  raw: RawMessage,
  devices: DeviceTable,
  resume?: Resume,
  fallback?: Mapped,
  failed?: Mapped,
): Mapped | Promise<Mapped> {
  const { candidates } = route;
  for (let i = resume?.at ?? 0; i < candidates.length; i++, resume = undefined) {
    const candidate = candidates[i]!;
    const { bound, line } = candidate;
    const decoded = resume ?? decode(candidate, raw);
    if ('rejection' in decoded) {
      failed ??= decoded;
      continue;
    }
    const { payload } = decoded;
    const matches = resume?.matches ?? line.matches(payload, raw);
    if (matches instanceof Promise)
      return whenMatched(matches, { route, raw, devices, at: i, payload, fallback, failed });
    if (typeof matches === 'object') failed ??= { candidate, rejection: matches };
    if (matches !== true) continue;
    const result = resume?.result ?? line.map(payload, raw);
    if (result instanceof Promise)
      return whenMapped(result, { route, raw, devices, at: i, payload, fallback, failed });
    const mapped: Mapped = { candidate, result };
    if (!devices.anyBound || candidates.length === 1) return mapped;
    const device = result.device ?? result.values[0]?.target.device;
    const registered = device === undefined ? undefined : devices.get(device)?.schemas;
    if (registered?.includes(bound.schema.id)) return mapped;
    fallback ??= mapped;
  }
  return fallback ?? failed ?? {};
}

/** What choosing goes on with. */
interface Waiting {
  readonly route: Route;
  readonly raw: RawMessage;
  readonly devices: DeviceTable;
  readonly at: number;
  readonly payload: unknown;
  readonly fallback: Mapped | undefined;
  readonly failed: Mapped | undefined;
}

// Apart from `choose`: a function that holds closures pays for them at each call, also where none is made.
async function whenMatched(
  waiting: Promise<boolean | Rejection>,
  { route, raw, devices, at, payload, fallback, failed }: Waiting,
): Promise<Mapped> {
  return choose(route, raw, devices, { at, payload, matches: await waiting }, fallback, failed);
}

async function whenMapped(
  waiting: Promise<MapResult>,
  { route, raw, devices, at, payload, fallback, failed }: Waiting,
): Promise<Mapped> {
  return choose(route, raw, devices, { at, payload, matches: true, result: await waiting }, fallback, failed);
}

function decode(
  candidate: Candidate,
  raw: RawMessage,
): { payload: unknown } | { candidate: Candidate; rejection: Rejection } {
  try {
    return { payload: candidate.bound.decode(raw.payload) };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { candidate, rejection: { stage: 'decode', code: error.code, message: error.message } };
  }
}
