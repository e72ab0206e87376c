import { NS, paths, type ObservableProperty } from '#model';
import type { OntologyHub, Unit } from '#semantics';

/** A property as JSON. */
export function propertyJson(property: ObservableProperty, hub: OntologyHub, baseUrl: string): object {
  const {
    term,
    label,
    definition,
    kind,
    type,
    unit,
    broader,
    circular,
    states,
    alignments,
    origin,
    retention,
  } = property;
  return {
    id: term,
    iri: hub.iri(property, baseUrl),
    url: baseUrl + paths.property(term),
    label,
    definition,
    kind,
    type,
    ...(unit !== undefined && { unit: `unit:${unit}` }),
    ...(broader.length > 0 && { broader }),
    ...(circular && { circular }),
    ...(states && { states }),
    ...(retention !== undefined && { retention }),
    ...(alignments.length > 0 && { alignments }),
    origin,
  };
}

/** A unit as JSON. */
export function unitJson(unit: Unit): object {
  const { id, label, symbol, ucum, kinds } = unit;
  return {
    id: `unit:${id}`,
    iri: NS.unit + id,
    label,
    symbol,
    ucum: ucum[0],
    ucumCodes: ucum,
    quantityKinds: kinds,
  };
}
