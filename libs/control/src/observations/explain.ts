import type { ObservationStore } from '#model';
import type { QueryPlan } from './plan.js';

/** Why a query found nothing: what each filter was expanded to and how many rows it leaves, in order. */
export interface Explanation {
  readonly message: string;
  readonly filters: readonly { filter: string; value: string; expanded?: readonly string[]; rows: number }[];
}

/** Counts the rows that each filter of an empty result leaves. */
export async function explain(plan: QueryPlan, store: ObservationStore): Promise<Explanation> {
  const filters: { filter: string; value: string; expanded?: readonly string[]; rows: number }[] = [];
  const count = async (series: QueryPlan['series'], from?: number, to?: number) => {
    const statistics = await store.statistics(
      series.map((one) => one.id),
      from,
      to,
    );
    return statistics.reduce((sum, { count: rows }) => sum + rows, 0);
  };
  for (const { filter, value, expanded, series } of plan.steps) {
    filters.push({ filter, value, ...(expanded && { expanded }), rows: await count(series) });
  }
  const { from, to } = plan;
  if (from !== undefined || to !== undefined) {
    const value = `${from === undefined ? '' : new Date(from / 1000).toISOString()}/${to === undefined ? '' : new Date(to / 1000).toISOString()}`;
    filters.push({ filter: 'time', value, rows: await count(plan.series, from, to) });
  }
  const culprit = filters.find(({ rows }) => rows === 0);
  const message = !culprit
    ? 'No row is on this page.'
    : culprit.filter === 'visible'
      ? 'No observation that this account may see is stored yet.'
      : `No row is left by ${culprit.filter}=${culprit.value}.`;
  return { message, filters };
}
