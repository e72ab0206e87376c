import { Histogram, METRICS, Tally, samplesOf, type MetricName, type Readings } from '#telemetry';
import { Exposition } from './exposition.js';

const nothing = Object.fromEntries(
  Object.keys(METRICS).map((name) => [name, () => undefined]),
) as unknown as Readings<MetricName>;

/** What is told under a name, without its HELP and TYPE. */
async function told(readings: Partial<Readings<MetricName>>, name: string, failures: string[] = []) {
  const exposition = new Exposition({ ...nothing, ...readings }, (failed) => failures.push(failed));
  const lines = (await exposition.text()).split('\n');
  return lines.filter((line) => line.startsWith(name) && !line.startsWith('#'));
}

describe('the text form', () => {
  it('tells a number, with and without labels', async () => {
    expect(await told({ glossa_deliveries_total: () => 12 }, 'glossa_deliveries')).toEqual([
      'glossa_deliveries_total 12',
    ]);
    const tally = new Tally();
    tally.add('value-unmapped', 3);
    tally.add('a "quoted" one\n');
    expect(await told({ glossa_rejections_total: () => samplesOf(tally) }, 'glossa_rejections')).toEqual([
      'glossa_rejections_total{code="value-unmapped"} 3',
      'glossa_rejections_total{code="a \\"quoted\\" one\\n"} 1',
    ]);
  });

  it('tells a histogram in seconds, its buckets adding up', async () => {
    const times = new Histogram([0.1, 5, 100]);
    times.observe(0.05, 2);
    times.observe(7);
    times.observe(500);
    const readings = { glossa_stage_seconds: () => [{ labels: ['map'], value: times }] };
    expect(await told(readings, 'glossa_stage')).toEqual([
      'glossa_stage_seconds_bucket{le="0.0001",stage="map"} 2',
      'glossa_stage_seconds_bucket{le="0.005",stage="map"} 2',
      'glossa_stage_seconds_bucket{le="0.1",stage="map"} 3',
      'glossa_stage_seconds_bucket{le="+Inf",stage="map"} 4',
      'glossa_stage_seconds_sum{stage="map"} 0.5071',
      'glossa_stage_seconds_count{stage="map"} 4',
    ]);
    expect(await told({ glossa_store_commit_seconds: () => times }, 'glossa_store_commit')).toEqual([
      'glossa_store_commit_seconds_bucket{le="0.0001"} 2',
      'glossa_store_commit_seconds_bucket{le="0.005"} 2',
      'glossa_store_commit_seconds_bucket{le="0.1"} 3',
      'glossa_store_commit_seconds_bucket{le="+Inf"} 4',
      'glossa_store_commit_seconds_sum 0.5071',
      'glossa_store_commit_seconds_count 4',
    ]);
  });

  it('leaves out what there is not and what cannot be read', async () => {
    const failures: string[] = [];
    const readings = {
      glossa_upstream_connected: () => undefined,
      glossa_messages_total: () => Promise.reject(new Error('the thread ended')),
      glossa_devices: () => 5,
    };
    expect(await told(readings, 'glossa_', failures)).toEqual(['glossa_devices 5']);
    expect(failures).toEqual(['glossa_messages_total']);
  });

  it('tells what is, not what was before', async () => {
    let samples = samplesOf([['a', 1]]);
    const exposition = new Exposition({ ...nothing, glossa_store_bytes: () => samples }, () => undefined);
    expect(await exposition.text()).toContain('glossa_store_bytes{file="a"} 1');
    samples = samplesOf([['b', 2]]);
    const text = await exposition.text();
    expect(text).toContain('glossa_store_bytes{file="b"} 2');
    expect(text).not.toContain('file="a"');
  });

  it('reads once for those who ask at the same time', async () => {
    let reads = 0;
    const exposition = new Exposition({ ...nothing, glossa_devices: () => ++reads }, () => undefined);
    const texts = await Promise.all([exposition.text(), exposition.text(), exposition.text()]);
    expect([new Set(texts).size, reads]).toEqual([1, 1]);
    await exposition.text();
    expect(reads).toBe(2);
  });

  it('tells of the process too: memory, CPU and the delay of the event loop', async () => {
    const text = (await told({}, '')).join('\n');
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
      'nodejs_eventloop_lag_p50_seconds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_eventloop_lag_max_seconds',
    ])
      expect(text).toMatch(new RegExp(`^${name} \\S+$`, 'm'));
  });
});
