import type { Ingest, OutcomeSink } from '#ingest';
import {
  ERRORS,
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
  readonly before: LedgerState;
  readonly state: LedgerState;
  /** Why it could not run. */
  readonly reason?: string;
}

const PAGE = 500;

/** Runs dead letters through the line again, oldest first, after a schema was mended. */
export class Replayer {
  constructor(
    private readonly store: ObservationStore,
    private readonly ingest: Ingest,
    private readonly sink: OutcomeSink,
  ) {}

  async run(query: Omit<DeadLetterQuery, 'limit' | 'before'>, limit: number): Promise<Replayed[]> {
    const letters = await this.#letters(query, limit);
    const results: Replayed[] = [];
    for (const letter of letters.reverse()) results.push(await this.#one(letter));
    return results;
  }

  async #letters(query: Omit<DeadLetterQuery, 'limit' | 'before'>, limit: number): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    let before: number | undefined;
    do {
      const page = await this.store.deadLetters({
        ...query,
        limit: Math.min(PAGE, limit - letters.length),
        ...(before !== undefined && { before }),
      });
      letters.push(...page.items);
      before = page.next;
    } while (before !== undefined && letters.length < limit);
    return letters;
  }

  async #one(letter: DeadLetter): Promise<Replayed> {
    const { id, state: before, topic, payload, payloadSize, qos, received, client, username } = letter;
    if (payload.length < payloadSize) {
      return {
        id,
        before,
        state: before,
        reason: `${ERRORS['not-replayable'].title}: ${ERRORS['not-replayable'].hint}`,
      };
    }
    if (before === 'refused') {
      return {
        id,
        before,
        state: before,
        reason: 'Access control refused it; publish it again with the right to.',
      };
    }
    const raw = {
      topic,
      payload,
      qos,
      retain: false,
      dup: false,
      received,
      client,
      username,
      replayed: true,
    };
    const outcome = await this.ingest.ingest(raw, id);
    this.sink.publish(outcome);
    return { id, before, state: outcome.state };
  }
}

/** Reads the ledger and the dead letters. */
export class DeadLetters {
  constructor(private readonly store: ObservationStore) {}

  ledger(): Promise<Ledger> {
    return this.store.ledger();
  }

  list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.store.deadLetters(query);
  }
}
