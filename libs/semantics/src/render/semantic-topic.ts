import { encodePath, encodeSegment, type Series } from '#model';

/**
 * The topic of a series' observations:
 * `semantic/{kind}/{property}/{device}/{datastream}/{feature path...}`, each level percent-encoded.
 */
export function semanticTopic(series: Series): string {
  const { kind, property, device, name, feature } = series;
  const topic = `semantic/${encodeSegment(kind)}/${encodeSegment(property)}/${encodeSegment(device)}/${encodeSegment(name)}`;
  return feature === '' ? topic : `${topic}/${encodePath(feature)}`;
}
