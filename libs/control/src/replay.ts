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

/** Letters that are read together, and that share commits when they run: of the largest payloads 6 MiB. */
const GROUP = 100;
/** Bytes of the letters of a page, in JSON. */
const PAGE_BYTES = 8 * 1024 * 1024;
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
    // The newest are found first and run last: of those that wait only the ids are kept.
    const found: number[] = [];
    for await (const { items } of readable(this.store, { ...query, limit }, policy))
      found.push(...items.map(({ id }) => id));
    const oldestFirst = found.toReversed();
    const results: Replayed[] = [];
    for (let at = 0; at < oldestFirst.length; at += GROUP) {
      const ids = oldestFirst.slice(at, at + GROUP);
      const { items: letters } = await this.store.deadLetters({ ids, limit: ids.length });
      const running = letters.toReversed().map((letter) => this.#one(letter));
      for (const run of await Promise.all(running)) {
        if (run.outcome) this.sink.publish(run.outcome);
        results.push(run.result);
      }
    }
    const told = new Set(results.map(({ id }) => id));
    const missing = (query.ids ?? oldestFirst).filter((id) => !told.has(id)).slice(0, limit - results.length);
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

  /**
   * A page of those whose topics the account may read, as they are shown. It ends with `limit`, or before the letter
   * that would bring it over 8 MiB of JSON; one it holds at least.
   */
  async list<Shown extends object>(
    query: DeadLetterQuery,
    policy: AccountPolicy,
    show: (letter: DeadLetter) => Shown,
  ): Promise<{ items: Shown[]; next?: number }> {
    const items: Shown[] = [];
    let bytes = 0;
    let last: number | undefined;
    for await (const group of readable(this.store, query, policy)) {
      for (const letter of group.items) {
        const shown = show(letter);
        bytes += Buffer.byteLength(JSON.stringify(shown));
        if (last !== undefined && bytes > PAGE_BYTES) return { items, next: last };
        items.push(shown);
        last = letter.id;
      }
      if (group.next !== undefined) return { items, next: group.next };
    }
    return { items };
  }
}

/** Up to `limit` letters whose topics an account may read, newest first, in groups; `next` where more follow. */
async function* readable(
  store: ObservationStore,
  query: DeadLetterQuery,
  policy: AccountPolicy,
): AsyncGenerator<DeadLetterPage, void> {
  let { before, limit: missing } = query;
  for (;;) {
    // Where some are hidden, the few that are missing are not asked for one by one.
    const limit = policy.seesEveryTopic ? Math.min(GROUP, missing) : GROUP;
    const page = await store.deadLetters({ ...query, limit, ...(before !== undefined && { before }) });
    const seen = page.items.filter(({ topic }) => policy.mayHearOf(topic));
    const items = seen.slice(0, missing);
    missing -= items.length;
    const more = page.next !== undefined || seen.length > items.length;
    const last = items.at(-1);
    yield missing === 0 && more && last ? { items, next: last.id } : { items };
    if (missing === 0 || page.next === undefined) return;
    before = page.next;
  }
}
