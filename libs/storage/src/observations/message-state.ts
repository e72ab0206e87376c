import type { LedgerState } from '#model';

/**
 * The state of a message by what became of its values. A message whose replayed run had stored values stays
 * `stored` when the new run brings nothing new; likewise `duplicate`.
 */
export function messageState(
  stored: number,
  duplicate: number,
  fallback: LedgerState,
  before?: LedgerState,
): LedgerState {
  if (stored > 0 || before === 'stored') return 'stored';
  if (duplicate > 0 || before === 'duplicate') return 'duplicate';
  return fallback;
}
