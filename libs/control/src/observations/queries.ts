import type { AccountPolicy } from '#access';
import type { SeriesTable } from '#ingest';
import {
  GlossaError,
  type AggregateWindow,
  type Cursor,
  type ObservationRecord,
  type ObservationStore,
  type ObservationValue,
  type Render,
  type RenderedPage,
  type Series,
  type SeriesStatistics,
} from '#model';
import type { OntologyHub, Unit } from '#semantics';
import { Deletions } from './deletions.js';
import { explain, type Explanation } from './explain.js';
import { QueryPlanner, type ObservationFilter, type QueryPlan } from './plan.js';
import type { Tiling } from './tiling.js';
import { visibleTo } from './visible.js';
import { readWindows } from './window-reader.js';
import { windowBounds } from './windows.js';

/** A page, or why it is empty. */
export type ObservationAnswer =
  | { readonly page: RenderedPage; readonly explain?: undefined }
  | { readonly page?: undefined; readonly explain: Explanation };

/** How an answer is to be written; the unit is the query's. */
export type RenderRequest = Omit<Render, 'unit'>;

/** The windows of one datastream in the unit asked for. */
export interface AggregateMember {
  readonly series: Series;
  readonly unit: string;
  readonly windows: readonly AggregateWindow[];
}

/** A page of aggregates, or why it is empty. */
export interface AggregatePage {
  readonly members: readonly AggregateMember[];
  readonly next?: { readonly device: string; readonly name: string };
  readonly explain?: Explanation;
}

/** A datastream with what is stored of it. */
export interface DatastreamInfo {
  /** That of the newest value. */
  readonly series: Series;
  readonly count: number;
  readonly first?: number;
  readonly last?: number;
  readonly latest?: ObservationRecord;
}

/** Everything that is asked of stored observations. */
export class ObservationQueries {
  readonly planner: QueryPlanner;
  readonly deletions: Deletions;

  constructor(
    private readonly store: ObservationStore,
    private readonly table: SeriesTable,
    private readonly hub: OntologyHub,
    baseUrl: string,
  ) {
    this.planner = new QueryPlanner(hub, table, baseUrl);
    this.deletions = new Deletions(store, table);
  }

  async list(
    filter: ObservationFilter,
    policy: AccountPolicy,
    page: { readonly order: 'asc' | 'desc'; readonly limit: number; readonly cursor?: Cursor },
    render: RenderRequest,
  ): Promise<ObservationAnswer> {
    const plan = this.planner.plan(filter, policy);
    const query = { series: ids(plan.series), ...span(plan), ...page };
    return this.#answer(plan, await this.store.query(query, withUnit(render, plan.unit)));
  }

  async latest(
    filter: ObservationFilter,
    policy: AccountPolicy,
    page: { readonly limit: number; readonly after?: { device: string; name: string } },
    render: RenderRequest,
  ): Promise<ObservationAnswer> {
    const plan = this.planner.plan(filter, policy);
    const query = { series: ids(plan.series), ...span(plan), ...page };
    return this.#answer(plan, await this.store.latest(query, withUnit(render, plan.unit)));
  }

  /**
   * Windows of each datastream; pages by datastream, and holds no more windows than `most` unless the first datastream
   * has as many by itself.
   */
  async aggregate(
    filter: ObservationFilter,
    policy: AccountPolicy,
    options: { windows: Tiling; limit: number; most: number; after?: { device: string; name: string } },
  ): Promise<AggregatePage> {
    const plan = this.planner.plan(filter, policy);
    const groups = byDatastream(plan.series, options.after).map(([, group]) => group);
    const taken = groups.slice(0, options.limit);
    const extent = await this.store.extent(taken.flatMap(ids), plan.from, plan.to);
    const members: AggregateMember[] = [];
    let end = taken.length;
    if (extent) {
      const bounds = windowBounds({ from: plan.from, to: plan.to, ...extent }, options.windows);
      let weight = 0;
      for await (const { index, series, windows } of readWindows(this.store, taken, bounds)) {
        weight += weightOf(windows);
        if (weight > options.most && members.length > 0) {
          end = index;
          break;
        }
        members.push(this.#converted(series, windows, plan.unit));
      }
    }
    const last = end < groups.length ? taken[end - 1]?.[0] : undefined;
    if (members.length === 0 && !last && options.after === undefined)
      return { members, explain: await explain(plan, this.store) };
    return { members, ...(last && { next: { device: last.device, name: last.name } }) };
  }

  /** One observation by its identity; hidden ones are not found. */
  async get(
    device: string,
    name: string,
    time: number,
    nth: number,
    policy: AccountPolicy,
  ): Promise<ObservationRecord> {
    const series = this.#visible(device, name, policy);
    const record = series.length > 0 ? await this.store.get(ids(series), time, nth) : undefined;
    if (!record) throw new GlossaError('not-found', `there is no such observation of ${device}/${name}`);
    return record;
  }

  /** Datastreams that the filter leaves, by device and name. */
  async datastreams(
    filter: ObservationFilter,
    policy: AccountPolicy,
    limit: number,
    after?: { device: string; name: string },
  ): Promise<{ items: DatastreamInfo[]; next?: { device: string; name: string } }> {
    const plan = this.planner.plan(filter, policy);
    const groups = byDatastream(plan.series, after);
    const taken = groups.slice(0, limit).map(([, group]) => group);
    const items = await this.#infos(taken);
    const last = items.at(-1)?.series;
    return {
      items,
      ...(groups.length > taken.length && last && { next: { device: last.device, name: last.name } }),
    };
  }

  async datastream(device: string, name: string, policy: AccountPolicy): Promise<DatastreamInfo> {
    const series = this.#visible(device, name, policy);
    const [info] = series.length > 0 ? await this.#infos([series]) : [];
    if (!info) throw new GlossaError('not-found', `there is no datastream ${device}/${name}`);
    return info;
  }

  /** Deletes the rows of a datastream in [from, to). @returns how many went */
  async delete(device: string, name: string, from?: number, to?: number): Promise<number> {
    const datastream = this.table.datastream(device, name);
    if (!datastream) throw new GlossaError('not-found', `there is no datastream ${device}/${name}`);
    return this.deletions.remove([datastream], from, to);
  }

  /** Features that series are about: how many of them the account sees, 0 where all are hidden from it. */
  features(policy: AccountPolicy): Map<string, number> {
    const sees = visibleTo(policy);
    const counts = new Map<string, number>();
    for (const datastream of this.table.all()) {
      for (const one of datastream.series)
        if (one.feature !== '') counts.set(one.feature, (counts.get(one.feature) ?? 0) + (sees(one) ? 1 : 0));
    }
    return counts;
  }

  async #answer(plan: QueryPlan, page: RenderedPage): Promise<ObservationAnswer> {
    if (page.count > 0) return { page };
    return { explain: await explain(plan, this.store) };
  }

  /** What is stored of datastreams, told by those of their series that are given: others may be hidden. */
  async #infos(groups: readonly (readonly Series[])[]): Promise<DatastreamInfo[]> {
    const statistics = new Map<number, SeriesStatistics>();
    for (const one of await this.store.statistics(groups.flatMap(ids))) statistics.set(one.series, one);
    // In memory is the newest of all series, unless the device moved or went.
    const newest = (group: readonly Series[]) => {
      const latest = this.table.of(group[0]!)?.latest;
      return latest && group.some(({ id }) => id === latest.series.id) ? latest : undefined;
    };
    const unknown = groups.filter((group) => !newest(group)).flatMap(ids);
    const records = unknown.length > 0 ? await this.store.latestRecords(unknown) : [];
    const stored = new Map(records.map((record) => [record.series.id, record]));
    return groups.map((group) => {
      const known = group.flatMap((one) => statistics.get(one.id) ?? []);
      const first = least(known.map((one) => one.first));
      const last = greatest(known.map((one) => one.last));
      const latest = newest(group) ?? group.flatMap((one) => stored.get(one.id) ?? [])[0];
      return {
        series: latest?.series ?? group.at(-1)!,
        count: known.reduce((sum, { count }) => sum + count, 0),
        ...(first !== undefined && { first }),
        ...(last !== undefined && { last }),
        ...(latest && { latest }),
      };
    });
  }

  #visible(device: string, name: string, policy: AccountPolicy): Series[] {
    const series = this.table.datastream(device, name)?.series ?? [];
    return series.filter(visibleTo(policy));
  }

  /** In the unit asked for, or in their own where a number would be too great for a double. */
  #converted(series: Series, windows: readonly AggregateWindow[], unit: Unit | undefined): AggregateMember {
    if (!unit || series.unit === '' || unit.id === series.unit) return { series, unit: series.unit, windows };
    const conversion = this.hub.units.conversion(this.hub.units.get(series.unit)!, unit, series.kind);
    if (!('apply' in conversion))
      throw new GlossaError('unit-incompatible', `${series.unit} does not convert to ${unit.id}`);
    const value = (one: ObservationValue) => (typeof one === 'number' ? conversion.apply(one) : one);
    const convert = (window: AggregateWindow): AggregateWindow => ({
      ...window,
      first: value(window.first),
      last: value(window.last),
      ...(window.mean !== undefined && { mean: conversion.apply(window.mean) }),
      ...(window.min !== undefined && { min: conversion.apply(window.min) }),
      ...(window.max !== undefined && { max: conversion.apply(window.max) }),
    });
    const converted = windows.map(convert);
    return converted.every((window) => Object.values(window).every(isWritable))
      ? { series, unit: unit.id, windows: converted }
      : { series, unit: series.unit, windows };
  }
}

/** Characters of a window without texts. */
const WINDOW_SIZE = 250;

/** How many windows they are; those with long texts count more. */
function weightOf(windows: readonly AggregateWindow[]): number {
  let characters = 0;
  for (const { first, last } of windows) {
    if (typeof first === 'string') characters += first.length;
    if (typeof last === 'string') characters += last.length;
  }
  return windows.length + Math.floor(characters / WINDOW_SIZE);
}

/** Not a number that JSON has no form for. */
const isWritable = (value: unknown) => typeof value !== 'number' || Number.isFinite(value);

const ids = (series: readonly Series[]) => series.map((one) => one.id);

function span({ from, to }: QueryPlan): { from?: number; to?: number } {
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function withUnit(render: RenderRequest, unit: Unit | undefined): Render {
  return unit ? { ...render, unit: unit.id } : render;
}

/** Series grouped by datastream, in order of device and name, those after a key. */
function byDatastream(
  series: readonly Series[],
  after?: { device: string; name: string },
): [string, Series[]][] {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    if (after && (one.device < after.device || (one.device === after.device && one.name <= after.name)))
      continue;
    const key = `${one.device}\u0000${one.name}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups].sort(([, [a]], [, [b]]) => compare(a!.device, b!.device) || compare(a!.name, b!.name));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function least(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined);
}
