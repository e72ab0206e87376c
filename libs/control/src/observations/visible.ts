import type { AccountPolicy } from '#access';
import type { Series } from '#model';
import { semanticTopic } from '#semantics';

const SEEN = 1;
const HIDDEN = 2;
/** By series id. A policy is made anew when its account changes; a series never changes and its id is not used again. */
const answers = new WeakMap<AccountPolicy, Uint8Array>();

/** Whether an account may see a series: each topic is asked for once. */
export function visibleTo(policy: AccountPolicy): (series: Series) => boolean {
  if (policy.seesEverySemantic) return () => true;
  let known = answers.get(policy) ?? new Uint8Array(1024);
  answers.set(policy, known);
  return (series) => {
    if (series.id >= known.length) {
      const longer = new Uint8Array(2 * series.id);
      longer.set(known);
      answers.set(policy, (known = longer));
    }
    return (known[series.id] ||= policy.receive(semanticTopic(series)) ? SEEN : HIDDEN) === SEEN;
  };
}
