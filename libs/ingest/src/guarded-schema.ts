import type { BoundSchema, MapResult } from '#mapping';
import type { RawMessage, Rejection } from '#model';
import { limitOf, type Admitted, type Suspension } from './suspension.js';

/** What choosing asks a schema for, beside the decoding. */
export type Line = Pick<BoundSchema, 'matches' | 'map'>;

/** A schema that needs the expression worker, and is not asked while it is suspended. */
export class GuardedSchema implements Line {
  constructor(
    private readonly bound: BoundSchema,
    private readonly suspension: Suspension,
  ) {}

  matches(payload: unknown, raw: RawMessage): boolean | Rejection | Promise<boolean | Rejection> {
    const { bound, suspension } = this;
    if (!bound.schema.waitsToMatch) return bound.matches(payload, raw);
    const admission = suspension.admit();
    if (typeof admission === 'object') return admission;
    const matches = bound.matches(payload, raw);
    return matches instanceof Promise ? matches.then((done) => this.#matched(admission, done)) : matches;
  }

  map(payload: unknown, raw: RawMessage): MapResult | Promise<MapResult> {
    const { bound, suspension } = this;
    if (!bound.schema.waits) return bound.map(payload, raw);
    const admission = suspension.admit();
    if (typeof admission === 'object')
      return { values: [], rejected: [admission], device: bound.device, items: 0 };
    const result = bound.map(payload, raw);
    if (result instanceof Promise) {
      return result.then((done) => {
        suspension.evaluated(admission, limitOf(done.rejected));
        return done;
      });
    }
    // Rejected before an expression was asked.
    if (admission === 'tries') suspension.passed();
    return result;
  }

  #matched(admission: Admitted, matches: boolean | Rejection): boolean | Rejection {
    const limit = typeof matches === 'object' ? limitOf([matches]) : undefined;
    // What maps the message is still to be tried.
    if (limit === undefined && admission === 'tries' && this.bound.schema.waits) this.suspension.passed();
    else this.suspension.evaluated(admission, limit);
    return matches;
  }
}
