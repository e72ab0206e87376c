import type { AccountPolicy } from '#access';
import { GlossaError, isFeaturePath, problem, type Feature, type Problem } from '#model';
import type { ControlStore } from '#storage';
import type { ObservationQueries } from './observations/queries.js';

/** A feature with its place in the tree. */
export interface FeatureInfo extends Feature {
  /** Paths one level below. */
  readonly children: readonly string[];
  /** Series that are about this very feature. */
  readonly series: number;
}

/** Features of interest: the registered ones and those that observations are about, a tree by path. */
export class FeatureRegistry {
  constructor(
    private readonly store: ControlStore,
    private readonly queries: ObservationQueries,
  ) {}

  /** Registers or replaces. @throws GlossaError `body-invalid` */
  async put(
    path: string,
    body: unknown,
    policy: AccountPolicy,
  ): Promise<{ feature: FeatureInfo; created: boolean }> {
    const errors = [...checkFeature(path, body)];
    if (errors.length > 0) throw new GlossaError('body-invalid', errors[0]!.message, errors);
    const created = (await this.store.features.get(path)) === undefined;
    const feature = { ...(body as Omit<Feature, 'path'>), path };
    await this.store.features.put(feature);
    // It may be hidden from who describes it.
    const info = (await this.#tree(policy)).get(path) ?? { ...feature, children: [], series: 0 };
    return { feature: info, created };
  }

  async get(path: string, policy: AccountPolicy): Promise<FeatureInfo> {
    const all = await this.#tree(policy);
    const info = all.get(path);
    if (!info) throw new GlossaError('not-found', `there is no feature ${path}`);
    return info;
  }

  /** Every feature after `cursor`, by path. */
  async list(
    policy: AccountPolicy,
    limit: number,
    cursor?: string,
  ): Promise<{ items: FeatureInfo[]; next?: string }> {
    const all = [...(await this.#tree(policy)).values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    const rest = cursor === undefined ? all : all.filter(({ path }) => path > cursor);
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return { items, ...(rest.length > items.length && last && { next: last.path }) };
  }

  async remove(path: string): Promise<void> {
    if (!(await this.store.features.delete(path)))
      throw new GlossaError('not-found', `${path} is not registered`);
  }

  /** Registered and observed features and what lies between them and the root. */
  async #tree(policy: AccountPolicy): Promise<Map<string, FeatureInfo>> {
    const registered = new Map((await this.store.features.all()).map((feature) => [feature.path, feature]));
    const observed = this.queries.features(policy);
    const hidden = hiddenPaths(observed);
    const shown = (path: string) =>
      hidden.size === 0 || [path, ...above(path)].every((one) => !hidden.has(one));
    const children = new Map<string, Set<string>>();
    const childrenOf = (path: string) => {
      let below = children.get(path);
      if (!below) children.set(path, (below = new Set()));
      return below;
    };
    for (const path of new Set([...registered.keys(), ...observed.keys()])) {
      if (!shown(path)) continue;
      childrenOf(path);
      let child = path;
      for (const parent of above(path)) {
        const siblings = childrenOf(parent);
        if (siblings.has(child)) break;
        siblings.add(child);
        child = parent;
      }
    }
    const tree = new Map<string, FeatureInfo>();
    for (const [path, below] of children) {
      tree.set(path, {
        ...(registered.get(path) ?? { path }),
        children: [...below].sort(),
        series: observed.get(path) ?? 0,
      });
    }
    return tree;
  }
}

/** The paths between a path and the root, from below. */
function* above(path: string): Generator<string> {
  for (let cut = path.lastIndexOf('/'); cut >= 0; cut = path.lastIndexOf('/', cut - 1))
    yield path.slice(0, cut);
}

/** Paths that series are about or are above such ones, where all of those series are hidden. */
function hiddenPaths(observed: ReadonlyMap<string, number>): Set<string> {
  const hidden = new Set<string>();
  const seen = new Set<string>();
  for (const [path, visible] of observed) {
    const paths = visible > 0 ? seen : hidden;
    for (const one of [path, ...above(path)]) paths.add(one);
  }
  for (const path of seen) hidden.delete(path);
  return hidden;
}

function* checkFeature(path: string, body: unknown): Generator<Problem> {
  if (!isFeaturePath(path))
    yield problem(
      '',
      'body-invalid',
      `${path} is no feature path`,
      'Segments are not empty and hold no control characters.',
    );
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    yield problem('', 'body-invalid', 'a feature is an object', 'Give { "title": ... }.');
    return;
  }
  for (const [name, value] of Object.entries(body)) {
    if (name !== 'title' && name !== 'description') {
      yield problem(
        `/${name}`,
        'body-invalid',
        `a feature has no member ${name}`,
        'It takes title and description.',
      );
    } else if (typeof value !== 'string' || value.length > 2000) {
      yield problem(`/${name}`, 'body-invalid', `${name} is a text of at most 2,000 characters`);
    }
  }
}
