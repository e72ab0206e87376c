import type {
  DeadLetterAppend,
  MessageAppend,
  ObservationRecord,
  ObservationStore,
  Render,
  RenderedPage,
  SchemaRef,
  Series,
  StoreContents,
  ValueAppend,
} from '#model';

/** What a backend's test hands to the suite. */
export interface StoreUnderTest {
  readonly store: ObservationStore;
  /** Opens anew what the store kept; `store` is not to be used any more. */
  readonly reopen: () => Promise<{ readonly store: ObservationStore; readonly contents: StoreContents }>;
  /** Runs of a property that opens a store each time. */
  readonly runs: number;
  readonly cleanup: () => Promise<void>;
}

export type MakeStore = () => Promise<StoreUnderTest>;

/** Series that the cases of a shared store may use: their rows are deleted after each case. */
const SHARED = Array.from({ length: 2000 }, (_, i) => i + 1);

/**
 * One store for the cases of a describe block, which has three threads to start and to end. A series keeps its
 * definition from case to case, so none of its ids may have two.
 */
export function sharedStore(make: MakeStore): () => ObservationStore {
  let under: StoreUnderTest;
  beforeAll(async () => (under = await make()));
  afterEach(() => under.store.delete(SHARED));
  afterAll(() => under.cleanup());
  return () => under.store;
}

/** Gives each case of the describe that this is called in a store of its own, and tells of it. */
export function storePerCase(make: MakeStore, begin: (under: StoreUnderTest) => void): void {
  let under: StoreUnderTest;
  beforeEach(async () => begin((under = await make())));
  afterEach(async () => under.cleanup());
}

export const schema: SchemaRef = { id: 1, schema: 'climate', version: 1 };

/** 2026-11-23T00:00:00Z in microseconds. */
export const T0 = Date.UTC(2026, 10, 23) * 1000;

export function seriesOf(id: number, more: Partial<Series> = {}): Series {
  return {
    id,
    device: `device-${id}`,
    name: 'temperature',
    property: 'AirTemperature',
    unit: 'DEG_C',
    feature: '',
    kind: 'Temperature',
    type: 'quantity',
    origin: 'core',
    circular: false,
    ...more,
  };
}

export function valueOf(
  series: Series,
  time: number,
  value: ValueAppend['value'],
  more: Partial<ValueAppend> = {},
): ValueAppend {
  return { series, time, value, resultTime: time + 250_000, schema, flags: 0, ...more };
}

export function messageOf(values: readonly ValueAppend[], more: Partial<MessageAppend> = {}): MessageAppend {
  return { values, rejectedValues: 0, fallback: 'filtered', ...more };
}

export function letterOf(more: Partial<DeadLetterAppend> = {}): DeadLetterAppend {
  return {
    received: Date.now() * 1000,
    topic: 'raw/topic',
    payload: Buffer.from('not json'),
    qos: 1,
    client: 'client',
    username: 'user',
    rejections: [{ stage: 'decode', code: 'payload-not-json', message: 'The payload is not JSON' }],
    ...more,
  };
}

/** A message of which nothing was good. */
export function rejectedOf(more: Partial<MessageAppend> = {}): MessageAppend {
  return messageOf([], { fallback: 'rejected', rejectedValues: 1, deadLetter: letterOf(), ...more });
}

export const render: Render = {
  format: 'ndjson',
  baseUrl: 'http://gateway.example',
  id: 'http://gateway.example/api/observations',
  nextPrefix: 'http://gateway.example/api/observations?cursor=',
};

export async function textOf(page: RenderedPage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of page.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Key of a row: unique in a store. */
export function keyOf({
  series,
  time,
  nth,
}: Pick<ObservationRecord, 'time' | 'nth'> & {
  series: { device: string; name: string; feature: string };
}): string {
  return `${series.device}/${series.name}@${series.feature} ${time}~${nth}`;
}

/** The keys and values of a page in `ndjson`, read back from the text. */
export async function rowsOf(page: RenderedPage): Promise<{ id: string; feature: string; value: unknown }[]> {
  const lines = (await textOf(page)).split('\n').filter((line) => line !== '');
  const rows = lines.map((line) => {
    const row = JSON.parse(line);
    return {
      id: row.id.replace(`${render.baseUrl}/api/observations/`, ''),
      feature: row.hasFeatureOfInterest,
      value: row.hasSimpleResult ?? row.hasResult.numericValue ?? row.hasResult,
    };
  });
  expect(rows).toHaveLength(page.count);
  return rows;
}

/** The cursor that a page's `next` carries. */
export function cursorOf(page: RenderedPage): string | undefined {
  if (page.next === undefined) return undefined;
  expect(page.next.startsWith(render.nextPrefix)).toBe(true);
  return page.next.slice(render.nextPrefix.length);
}
