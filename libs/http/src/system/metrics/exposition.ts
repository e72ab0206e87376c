import { Counter, Gauge, Histogram as PromHistogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  METRICS,
  type Buckets,
  type Metric,
  type MetricName,
  type Reading,
  type Readings,
  type Sample,
} from '#telemetry';

/** Of the process and of Node.js: memory, CPU, garbage collection, delay of the event loop. One set a process. */
let ofProcess: Registry | undefined;
const LAG_PRECISION_MS = 20;

function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  }
  return ofProcess;
}

type Read = () => Promise<Reading>;

/**
 * The metrics in Prometheus' text form. Nothing is counted here: when someone asks, each metric is read where it is
 * kept.
 */
export class Exposition {
  readonly #registry = new Registry();
  #writing: Promise<string> | undefined;

  /** @param onFailure hears of a metric that cannot be read; the others are told */
  constructor(readings: Readings<MetricName>, onFailure: (name: string, error: unknown) => void) {
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const read = async () => {
        try {
          return await readings[name]();
        } catch (error) {
          onFailure(name, error);
          return undefined;
        }
      };
      register(this.#registry, name, METRICS[name], read);
    }
    processRegistry();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Several who ask at once get one answer. */
  text(): Promise<string> {
    return (this.#writing ??= this.#write().finally(() => (this.#writing = undefined)));
  }

  async #write(): Promise<string> {
    const parts = await Promise.all([this.#registry.metrics(), processRegistry().metrics()]);
    return parts.join('\n');
  }
}

function register(registry: Registry, name: string, metric: Metric, read: Read): void {
  const labelNames = [...(metric.labels ?? [])];
  const settings = { name, help: metric.help, labelNames, registers: [registry] };
  if (metric.type === 'histogram') new ReadHistogram(settings, read, metric.scale ?? 1);
  else if (metric.type === 'counter') new Counter({ ...settings, collect: collector(labelNames, read) });
  else new Gauge({ ...settings, collect: collector(labelNames, read) });
}

/** Replaces what a counter or gauge holds by what is read. */
function collector(labelNames: readonly string[], read: Read) {
  return async function (this: Counter | Gauge): Promise<void> {
    const samples = samplesOf(await read());
    this.reset();
    // Without labels, a reset leaves a 0.
    if (samples.length === 0 && labelNames.length === 0) this.remove();
    for (const { labels, value } of samples)
      if (typeof value === 'number') this.inc(named(labelNames, labels), value);
  };
}

function samplesOf(reading: Reading): readonly Sample[] {
  if (reading === undefined) return [];
  return typeof reading === 'number' || 'bounds' in reading ? [{ labels: [], value: reading }] : reading;
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}

/** A histogram whose buckets are kept elsewhere. */
class ReadHistogram extends PromHistogram {
  constructor(
    private readonly settings: { name: string; help: string; labelNames: string[]; registers: Registry[] },
    private readonly read: Read,
    private readonly scale: number,
  ) {
    super(settings);
  }

  override async get(): ReturnType<PromHistogram['get']> {
    const { name, help, labelNames } = this.settings;
    const values = samplesOf(await this.read()).flatMap(({ labels, value }) =>
      typeof value === 'object' ? [...this.#values(value, named(labelNames, labels))] : [],
    );
    return { name, help, type: 'histogram', values, aggregator: 'sum' } as unknown as Awaited<
      ReturnType<PromHistogram['get']>
    >;
  }

  /** What the registry writes; the original reads buckets of its own. */
  getForPromString(): ReturnType<PromHistogram['get']> {
    return this.get();
  }

  /** Buckets are cumulative, the last one is `+Inf`. */
  *#values(histogram: Buckets, labels: Record<string, string>) {
    const { name } = this.settings;
    const { bounds } = histogram;
    let count = 0;
    for (let i = 0; i <= bounds.length; i++) {
      count += histogram.at(i);
      // A bound is told as it was given, not as what the multiplication makes of it.
      const le = i < bounds.length ? Number((bounds[i]! * this.scale).toPrecision(12)) : '+Inf';
      yield { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    }
    yield { metricName: `${name}_sum`, labels, value: histogram.sum * this.scale };
    yield { metricName: `${name}_count`, labels, value: count };
  }
}
