import type { Ledger } from '#model';

/** The ledger's counts as a store adds them up; `messages` in the order of LEDGER_STATES. */
export interface LedgerCounts {
  messages: number[];
  stored: number;
  duplicate: number;
  flagged: number;
  rejected: number;
}

/** The ledger as users see it. */
export function toLedger({ messages, ...values }: LedgerCounts): Ledger {
  const [stored, duplicate, unmatched, rejected, filtered, refused] = messages as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    messages: {
      received: messages.reduce((sum, count) => sum + count, 0),
      stored,
      duplicate,
      unmatched,
      rejected,
      filtered,
      refused,
    },
    values: {
      stored: values.stored,
      duplicate: values.duplicate,
      flagged: values.flagged,
      rejected: values.rejected,
    },
  };
}
