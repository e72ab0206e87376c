import type { AggregateMember, DatastreamInfo, ObservationFilter } from '#control';
import {
  compactIri,
  formatMicros,
  NS,
  parseInstant,
  paths,
  type AggregateWindow,
  type Micros,
  type Series,
} from '#model';
import type { ObservationRenderer } from '#semantics';
import type { Parameters } from '../query/parameters.js';

export const FILTERS = ['property', 'feature', 'device', 'datastream', 'from', 'to', 'unit'] as const;

/** The first line of observations as CSV, where no row follows. */
export const OBSERVATION_CSV_HEADER =
  'device,datastream,property,feature,phenomenonTime,resultTime,value,unit,quality,schema,id\r\n';

/** Reads the filters that every observation route takes. */
export function filterOf(parameters: Parameters): ObservationFilter {
  const filter: Record<string, string | number> = {};
  for (const name of ['property', 'feature', 'device', 'datastream', 'unit'] as const) {
    const value = parameters.text(name);
    if (value !== undefined) filter[name] = value;
  }
  for (const name of ['from', 'to'] as const) {
    const value = parameters.time(name);
    if (value !== undefined) filter[name] = value;
  }
  const { from, to } = filter;
  if (from !== undefined && to !== undefined && from >= to) {
    parameters.fail('to', '`to` is exclusive and not after `from`: no time is left between them');
  }
  return filter;
}

/** Reads the last segment of an observation's IRI: `time` or `time~n`; undefined for anything else. */
export function observationIdentity(text: string): { time: Micros; nth: number } | undefined {
  const match = /^(.+?)(?:~(\d{1,9}))?$/.exec(text);
  const parsed = match && parseInstant(match[1]!);
  const nth = match?.[2] === undefined ? 0 : Number(match[2]) - 1;
  return parsed && nth >= 0 ? { time: parsed.t, nth } : undefined;
}

/** One datastream's windows as JSON-LD. */
export function aggregateMember(member: AggregateMember, interval: string, baseUrl: string): object {
  return { ...aggregateHead(member, interval, baseUrl), windows: member.windows.map(windowJson) };
}

/** The same as text, in pieces. */
export function* aggregateText(
  member: AggregateMember,
  interval: string,
  baseUrl: string,
  more: object = {},
): Generator<string> {
  const head = JSON.stringify({ ...more, ...aggregateHead(member, interval, baseUrl) });
  yield `${head.slice(0, -1)},"windows":[`;
  for (const [i, window] of member.windows.entries())
    yield `${i === 0 ? '' : ','}${JSON.stringify(windowJson(window))}`;
  yield ']}';
}

function aggregateHead({ series, unit }: AggregateMember, interval: string, baseUrl: string): object {
  return {
    type: 'Aggregate',
    datastream: baseUrl + paths.datastream(series.device, series.name),
    madeBySensor: baseUrl + paths.device(series.device),
    observedProperty: propertyName(series, baseUrl),
    ...(unit !== '' && { unit: compactIri(NS.unit + unit) }),
    interval,
  };
}

function windowJson({ from, to, count, mean, min, max, first, last }: AggregateWindow): object {
  return {
    from: formatMicros(from),
    to: formatMicros(to),
    count,
    ...(mean !== undefined && { mean }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    first,
    last,
  };
}

/** A property as observations write it. */
function propertyName({ origin, property }: Series, baseUrl: string): string {
  return origin === 'own' ? baseUrl + paths.property(property) : property;
}

/** Windows as CSV lines, with a header. */
export function* aggregateCsv(members: readonly AggregateMember[], baseUrl: string): Generator<string> {
  yield 'device,datastream,property,unit,from,to,count,mean,min,max,first,last\r\n';
  for (const { series, unit, windows } of members) {
    for (const { from, to, count, mean, min, max, first, last } of windows) {
      const cells = [
        series.device,
        series.name,
        propertyName(series, baseUrl),
        unit === '' ? '' : compactIri(NS.unit + unit),
        formatMicros(from),
        formatMicros(to),
        count,
        mean,
        min,
        max,
        first,
        last,
      ];
      yield `${cells.map(csvCell).join(',')}\r\n`;
    }
  }
}

/** RFC 4180 quoting. */
function csvCell(value: string | number | boolean | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A datastream as JSON. */
export function datastreamJson(info: DatastreamInfo, renderer: ObservationRenderer, baseUrl: string): object {
  const { series, count, first, last, latest } = info;
  const { device, name } = series;
  return {
    id: baseUrl + paths.datastream(device, name),
    type: 'Datastream',
    device,
    name,
    madeBySensor: baseUrl + paths.device(device),
    observedProperty: propertyName(series, baseUrl),
    kind: series.kind,
    ...(series.unit !== '' && { unit: compactIri(NS.unit + series.unit) }),
    ...(series.feature !== '' && {
      feature: series.feature,
      hasFeatureOfInterest: baseUrl + paths.feature(series.feature),
    }),
    count,
    ...(first !== undefined && { firstTime: formatMicros(first) }),
    ...(last !== undefined && { lastTime: formatMicros(last) }),
    ...(latest && { latest: renderer.object(latest, { context: false }) }),
  };
}
