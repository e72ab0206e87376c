import type { AccountPolicy } from '#access';
import type { Ingest, Outcome, OutcomeSink } from '#ingest';
import {
  ERRORS,
  GlossaError,
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type Ledger,
  type LedgerState,
  type ObservationStore,
} from '#model';

/** What became of one dead letter that ran again. */
export interface Replayed {
  readonly id: number;
  /** The state that the letter had, and the one it has now; absent when it was not there. */
  readonly before?: LedgerState;
  readonly state?: LedgerState;
  /** Why it could not run. */
  readonly reason?: string;
}

const PAGE = 500;
const FEW = 100;
/** Letters that share commits. */
const TOGETHER = 100;
const NOT_THERE = 'There is no such dead letter, or it ran just now.';

/** Runs dead letters through the line again, oldest first, after a schema was mended. */
export class Replayer {
  constructor(
    private readonly store: ObservationStore,
    private readonly ingest: Ingest,
    private readonly sink: OutcomeSink,
  ) {}

  /** Those whose topics the account may not read stay, as if they were not there. */
  async run(
    query: Omit<DeadLetterQuery, 'limit' | 'before'>,
    limit: number,
    policy: AccountPolicy,
  ): Promise<Replayed[]> {
    const { items: letters } = await readable(this.store, { ...query, limit }, policy);
    const oldestFirst = letters.toReversed();
    const results: Replayed[] = [];
    for (let at = 0; at < oldestFirst.length; at += TOGETHER) {
      const running = oldestFirst.slice(at, at + TOGETHER).map((letter) => this.#one(letter));
      for (const run of await Promise.all(running)) {
        if (run.outcome) this.sink.publish(run.outcome);
        results.push(run.result);
      }
    }
    const found = new Set(results.map(({ id }) => id));
    const missing = (query.ids ?? []).filter((id) => !found.has(id)).slice(0, limit - results.length);
    return [...results, ...missing.map((id) => ({ id, reason: NOT_THERE }))];
  }

  async #one(letter: DeadLetter): Promise<{ result: Replayed; outcome?: Outcome }> {
    const { id, state: before, topic, payload, payloadSize, qos, received, client, username } = letter;
    const stays = (reason: string) => ({ result: { id, before, state: before, reason } });
    if (payload.length < payloadSize)
      return stays(`${ERRORS['not-replayable'].title}: ${ERRORS['not-replayable'].hint}`);
    if (before === 'refused') return stays('Access control refused it; publish it again with the right to.');
    const message = { topic, payload, qos, retain: false, dup: false, received, client, username };
    try {
      const outcome = await this.ingest.ingest({ ...message, replayed: true }, id);
      return { result: { id, before, state: outcome.state }, outcome };
    } catch (error) {
      if (error instanceof GlossaError && error.code === 'not-found')
        return { result: { id, reason: NOT_THERE } };
      throw error;
    }
  }
}

/** Reads the ledger and the dead letters. */
export class DeadLetters {
  constructor(private readonly store: ObservationStore) {}

  ledger(): Promise<Ledger> {
    return this.store.ledger();
  }

  /** Those whose topics the account may read. */
  list(query: DeadLetterQuery, policy: AccountPolicy): Promise<DeadLetterPage> {
    return readable(this.store, query, policy);
  }
}

/** Up to `limit` letters whose topics an account may read, newest first. */
async function readable(
  store: ObservationStore,
  query: DeadLetterQuery,
  policy: AccountPolicy,
): Promise<DeadLetterPage> {
  const { limit } = query;
  const items: DeadLetter[] = [];
  let { before } = query;
  for (;;) {
    // Where some are hidden, the next page is not asked for one by one.
    const missing = limit - items.length;
    const size = Math.min(PAGE, policy.seesEveryTopic ? missing : Math.max(missing, FEW));
    const page = await store.deadLetters({ ...query, limit: size, ...(before !== undefined && { before }) });
    const seen = page.items.filter(({ topic }) => policy.seesEveryTopic || policy.receive(topic));
    items.push(...seen.slice(0, missing));
    const last = items.at(-1);
    if (items.length === limit && last)
      return page.next !== undefined || seen.length > missing ? { items, next: last.id } : { items };
    if (page.next === undefined) return { items };
    before = page.next;
  }
}
