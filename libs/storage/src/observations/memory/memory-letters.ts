import { nowMicros } from '#model';
import type { DeadLetter, DeadLetterAppend, DeadLetterPage, DeadLetterQuery, LedgerState } from '#model';
import { DEAD_LETTER_AGE, DEAD_LETTER_COUNT, DEAD_LETTER_PAYLOAD } from '../limits.js';

interface Kept {
  readonly letter: DeadLetter;
  /** Rejected values of its message, as the ledger counted them. */
  readonly rejected: number;
}

/** Dead letters, oldest first. */
export class MemoryLetters {
  private kept: Kept[] = [];
  private last = 0;

  /** @param again the letter that it was before it ran again */
  add(append: DeadLetterAppend, state: LedgerState, rejected: number, again?: number): void {
    const payload = append.payload.slice(0, DEAD_LETTER_PAYLOAD);
    const id = again ?? ++this.last;
    const letter = { ...append, payload, payloadSize: append.payload.length, id, state };
    this.kept.push({ letter, rejected });
    this.kept.sort((a, b) => a.letter.id - b.letter.id);
    const oldest = nowMicros() - DEAD_LETTER_AGE;
    this.kept = this.kept.slice(-DEAD_LETTER_COUNT).filter((one) => one.letter.received >= oldest);
  }

  /** Removes a letter for its replay; undefined when it is not there any more. */
  take(id: number): { readonly state: LedgerState; readonly rejected: number } | undefined {
    const at = this.kept.findIndex(({ letter }) => letter.id === id);
    if (at < 0) return undefined;
    const [{ letter, rejected }] = this.kept.splice(at, 1) as [Kept];
    return { state: letter.state, rejected };
  }

  page(query: DeadLetterQuery): DeadLetterPage {
    const found = this.kept
      .map(({ letter }) => letter)
      .filter((letter) => matches(letter, query))
      .reverse();
    const items = found.slice(0, query.limit);
    return found.length > items.length && items.length > 0
      ? { items, next: items[items.length - 1]!.id }
      : { items };
  }
}

function matches(
  letter: DeadLetter,
  { states, ids, device, code, schema, before }: DeadLetterQuery,
): boolean {
  return (
    (states?.includes(letter.state) ?? true) &&
    (ids?.includes(letter.id) ?? true) &&
    (device === undefined || letter.device === device) &&
    (code === undefined || letter.rejections.some((rejection) => rejection.code === code)) &&
    (schema === undefined || (letter.schema?.startsWith(`${schema}/versions/`) ?? false)) &&
    (before === undefined || letter.id < before)
  );
}
