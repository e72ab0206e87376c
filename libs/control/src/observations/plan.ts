import type { AccountPolicy } from '#access';
import type { Datastream, SeriesTable } from '#ingest';
import { GlossaError, paths, problem, type Micros, type Problem, type Series } from '#model';
import type { OntologyHub, Unit } from '#semantics';
import { visibleTo } from './visible.js';

/** The filters of a query, as written. */
export interface ObservationFilter {
  readonly property?: string;
  readonly feature?: string;
  readonly device?: string;
  readonly datastream?: string;
  readonly from?: Micros;
  readonly to?: Micros;
  readonly unit?: string;
}

/** One filter's share: what it was expanded to and which series it left. */
export interface FilterStep {
  readonly filter: string;
  readonly value: string;
  /** IRIs that the value stands for. */
  readonly expanded?: readonly string[];
  readonly series: readonly Series[];
}

/** A query resolved to series, which the store understands. */
export interface QueryPlan {
  readonly series: readonly Series[];
  readonly from?: Micros;
  readonly to?: Micros;
  readonly unit?: Unit;
  readonly steps: readonly FilterStep[];
}

/**
 * Resolves filters to series: hierarchy of properties and kinds, subtree of features, and what the account may
 * see. Costs a look at each series in memory, no query.
 */
export class QueryPlanner {
  constructor(
    private readonly hub: OntologyHub,
    private readonly table: SeriesTable,
    private readonly baseUrl: string,
  ) {}

  /** @throws GlossaError `query-invalid` with every filter that cannot be resolved */
  plan(filter: ObservationFilter, policy: AccountPolicy): QueryPlan {
    const errors: Problem[] = [];
    const steps: FilterStep[] = [];
    const candidates = this.#candidates(filter).filter(visibleTo(policy));
    let series = candidates;
    const visible = () =>
      filter.device === undefined ? candidates : this.#candidates({}).filter(visibleTo(policy));
    // Of all devices, which only an explanation asks for.
    steps.push({
      filter: 'visible',
      value: policy.username,
      get series() {
        return visible();
      },
    });
    const narrow = (
      name: string,
      value: string,
      keep: (one: Series) => boolean,
      expanded?: readonly string[],
    ) => {
      series = series.filter(keep);
      steps.push({ filter: name, value, series, ...(expanded && { expanded }) });
    };
    const { property, feature, device, datastream } = filter;
    if (device !== undefined)
      narrow('device', device, (one) => one.device === device, [this.#iri(paths.device(device))]);
    if (datastream !== undefined) {
      const key = this.datastreamKey(datastream, device);
      if (key) {
        const expanded = [this.#iri(paths.datastream(key.device, key.name))];
        narrow(
          'datastream',
          datastream,
          (one) => one.device === key.device && one.name === key.name,
          expanded,
        );
      } else {
        errors.push(
          problem(
            'datastream',
            'query-invalid',
            `${datastream} is no datastream`,
            'Give its IRI, device/name, or its name beside device.',
          ),
        );
      }
    }
    if (property !== undefined) {
      const terms = this.hub.narrower(property);
      if (terms) narrow('property', property, (one) => terms.has(one.property), this.#propertyIris(terms));
      else errors.push(unknownProperty(property, this.hub));
    }
    if (feature !== undefined) {
      const path = this.featurePath(feature);
      if (path === undefined) {
        errors.push(
          problem(
            'feature',
            'query-invalid',
            `${feature} is no feature path`,
            'Give a path such as home/kitchen, or its IRI.',
          ),
        );
      } else {
        const below = `${path}/`;
        narrow('feature', feature, (one) => one.feature === path || one.feature.startsWith(below), [
          this.#iri(paths.feature(path)),
        ]);
      }
    }
    const unit = filter.unit === undefined ? undefined : this.#unit(filter.unit, property, series, errors);
    if (errors.length > 0) throw new GlossaError(errors[0]!.code, errors[0]!.message, errors);
    const { from, to } = filter;
    return {
      series,
      steps,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
      ...(unit && { unit }),
    };
  }

  /** `device/name`, an IRI, or a name beside a device. */
  datastreamKey(text: string, device?: string): { device: string; name: string } | undefined {
    const prefix = this.#iri('/api/datastreams/');
    if (text.startsWith(prefix)) {
      const [first, second, ...rest] = text.slice(prefix.length).split('/');
      if (first === undefined || second === undefined || rest.length > 0) return undefined;
      return { device: decode(first), name: decode(second) };
    }
    if (device !== undefined && this.table.datastream(device, text)) return { device, name: text };
    // Ids may hold slashes themselves: the split that names a known datastream wins.
    const cuts = [...text.matchAll(/\//g)].map(({ index }) => index);
    for (const cut of cuts) {
      const key = { device: text.slice(0, cut), name: text.slice(cut + 1) };
      if (this.table.datastream(key.device, key.name)) return key;
    }
    if (cuts.length > 0) return { device: text.slice(0, cuts[0]), name: text.slice(cuts[0]! + 1) };
    return device === undefined ? undefined : { device, name: text };
  }

  /** A feature's path from itself or its IRI. */
  featurePath(text: string): string | undefined {
    const prefix = this.#iri('/api/features/');
    const path = text.startsWith(prefix)
      ? text.slice(prefix.length).split('/').map(decode).join('/')
      : text.replace(/^\/+|\/+$/g, '');
    return path === '' ? undefined : path;
  }

  #candidates({ device }: ObservationFilter): Series[] {
    const datastreams: Iterable<Datastream> =
      device === undefined ? this.table.all() : this.table.ofDevice(device);
    const all: Series[] = [];
    for (const datastream of datastreams) all.push(...datastream.series);
    return all;
  }

  #unit(
    text: string,
    property: string | undefined,
    series: readonly Series[],
    errors: Problem[],
  ): Unit | undefined {
    const known = property === undefined ? undefined : this.hub.property(property);
    const context = known ?? (series[0] && { kind: series[0].kind, unit: series[0].unit });
    const resolved = this.hub.units.resolve(text, {
      ...(context && { kind: context.kind }),
      ...(context?.unit && { unit: context.unit }),
    });
    if (!('unit' in resolved)) {
      errors.push(problem('unit', resolved.code, resolved.message, resolved.hint));
      return undefined;
    }
    for (const one of series) {
      const from = one.unit === '' ? undefined : this.hub.units.get(one.unit);
      const clash = from
        ? this.hub.units.compatible(from, resolved.unit, one.kind)
        : { message: `${one.property} has no unit` };
      if (!clash) continue;
      const hint = 'Name the property to convert, so that others are left out.';
      errors.push(problem('unit', 'unit-incompatible', `${one.device}/${one.name}: ${clash.message}`, hint));
      return undefined;
    }
    return resolved.unit;
  }

  #propertyIris(terms: ReadonlySet<string>): string[] {
    return [...terms].flatMap((term) => {
      const property = this.hub.property(term);
      return property ? [this.hub.iri(property, this.baseUrl)] : [];
    });
  }

  #iri(path: string): string {
    return this.baseUrl + path;
  }
}

function unknownProperty(property: string, hub: OntologyHub): Problem {
  const near = hub.suggest(property);
  const hint = near.length > 0 ? `Did you mean ${near.join(', ')}?` : undefined;
  return problem('property', 'property-unknown', `there is no observable property ${property}`, hint);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
