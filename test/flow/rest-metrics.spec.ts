import { ERRORS } from '#model';
import { METRICS, type MetricName } from '#telemetry';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { TestGateway } from './support/gateway.js';
import { Metrics } from './support/metrics.js';
import { Rest } from './support/rest.js';

describe('/metrics', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    const rest = gateway.rest();
    await rest.post('/api/schemas', {
      id: 's',
      topic: 'raw/{device}',
      observations: { t: { property: 'AirTemperature', unit: '°C', range: [-50, 50], outOfRange: 'reject' } },
    });
  });
  afterAll(() => gateway.stop());

  const scrape = () => Metrics.of(new Rest(gateway.httpUrl, undefined));

  it('counts what happens to messages, their values and those who want them', async () => {
    const before = await scrape();
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe('semantic/#');
    const publisher = await gateway.mqtt();
    await publisher.publish('raw/a', { t: 1 });
    await publisher.publish('raw/b', { t: 2 });
    await publisher.publish('raw/b', { t: 99 });
    await publisher.publish('raw/b', 'no json');
    await publisher.publish('nowhere', { t: 2 });
    await subscriber.until((received) => received.length === 2);
    const after = await scrape();
    const grew = (name: MetricName, labels = {}) => after.value(name, labels) - before.value(name, labels);
    expect(
      ['stored', 'rejected', 'unmatched', 'refused'].map((state) => grew('glossa_messages_total', { state })),
    ).toEqual([2, 2, 1, 0]);
    expect(['stored', 'rejected'].map((fate) => grew('glossa_values_total', { fate }))).toEqual([2, 1]);
    const codes = ['value-out-of-range', 'payload-not-json', 'topic-unmatched'];
    expect(codes.map((code) => grew('glossa_rejections_total', { code }))).toEqual([1, 1, 1]);
    expect(grew('glossa_deliveries_total')).toBe(2);
    expect([after.value('glossa_devices'), after.value('glossa_datastreams')]).toEqual([2, 2]);
    expect(after.value('glossa_connections')).toBe(2);
    expect(after.value('glossa_schemas', { state: 'active' })).toBe(1);
    expect([after.value('glossa_up'), after.value('glossa_build_info', { version: '0.1.0' })]).toEqual([
      1, 1,
    ]);
    expect(after.value('glossa_store_bytes', { file: 'observations.db' })).toBeGreaterThanOrEqual(4096);
    expect(after.value('glossa_store_bytes', { file: 'sessions' })).toBeGreaterThan(0);
    await subscriber.end();
    await publisher.end();
  });

  it('times the stages, and tells what there is and what waits', async () => {
    const before = await scrape();
    const mqtt = await gateway.mqtt();
    await mqtt.subscribe(['semantic/#', 'other/#']);
    await Promise.all(Array.from({ length: 80 }, (_, i) => mqtt.publish('raw/timed', { t: i / 2 })));
    const fresh = ({ topic }: { topic: string }) => topic.includes('/timed/');
    await mqtt.until((received) => received.filter(fresh).length === 80);
    const away = await gateway.mqtt({ clientId: 'away', clean: false });
    await away.subscribe('semantic/#');
    await away.end();
    await mqtt.publish('raw/timed', { t: 1 });
    await mqtt.publish('kept', 'x', { qos: 1, retain: true });
    const after = await scrape();
    const count = (stage: string) =>
      after.value('glossa_stage_seconds_count', { stage }) -
      before.value('glossa_stage_seconds_count', { stage });
    expect(count('gate')).toBe(82);
    expect(count('republish')).toBe(80 + 1 + 1);
    // One of eight.
    expect([10, 11]).toContain(count('map'));
    expect(count('store')).toBe(count('map'));
    for (const stage of ['gate', 'map', 'store', 'republish']) {
      const sum = after.value('glossa_stage_seconds_sum', { stage });
      expect([stage, sum > 0 && sum < 60]).toEqual([stage, true]);
    }
    expect(after.value('glossa_subscribers')).toBe(1);
    expect([after.value('glossa_sessions'), after.value('glossa_session_messages_waiting')]).toEqual([1, 1]);
    expect(after.value('glossa_retained_messages')).toBe(1);
    expect([after.value('glossa_gate_messages'), after.value('glossa_gate_bytes')]).toEqual([0, 0]);
    expect([after.value('glossa_gate_oldest_seconds'), after.value('glossa_expressions_waiting')]).toEqual([
      0, 0,
    ]);
    await mqtt.end();
  });

  it('counts requests by their route, and never tells a path', async () => {
    const rest = gateway.rest();
    await rest.get('/api/devices/a-secret-device');
    await rest.get('/api/features/some/where');
    await rest.get('/nowhere/a-secret-place');
    await new Rest(gateway.httpUrl, 'wrong').get('/api/devices');
    const metrics = await scrape();
    const requests = (route: string, status: string) =>
      metrics.value('glossa_http_requests_total', { method: 'GET', route, status });
    expect(requests('/api/devices/{id}', '404')).toBe(1);
    expect(requests('/api/features/{path}', '404')).toBe(1);
    expect(requests('none', '404')).toBe(1);
    expect(requests('/api/devices', '401')).toBe(1);
    expect(metrics.text).not.toContain('secret');
    expect(metrics.text).toMatch(
      /glossa_http_request_seconds_count\{method="GET",route="\/api\/devices\/\{id\}"\} 1/,
    );
  });

  it('names nothing that is not in the list, with bounded labels', async () => {
    const { families, samples } = await scrape();
    const own = [...families.keys()].filter((name) => name.startsWith('glossa_'));
    expect(own.sort()).toEqual(Object.keys(METRICS).sort());
    for (const [name, { type, help }] of Object.entries(METRICS))
      expect([name, families.get(name)]).toEqual([name, { type, help }]);
    for (const { name, labels } of samples)
      if (name === 'glossa_rejections_total') expect(Object.keys(ERRORS)).toContain(labels['code']);
  });

  it('keeps the ledger and its sums over a restart', async () => {
    const before = await scrape();
    gateway = await gateway.restart();
    const after = await scrape();
    for (const state of ['stored', 'rejected', 'unmatched'])
      expect(after.value('glossa_messages_total', { state })).toBe(
        before.value('glossa_messages_total', { state }),
      );
    expect(after.value('glossa_deliveries_total')).toBe(0);
  });

  it('tells what the store says of itself', async () => {
    const durations = { counts: [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], count: 4, sum: 9000 };
    const figures = {
      ...{ batches: 4, rows: 50, messages: 10, waitingRows: 7, headRows: 43, restarts: 1 },
      ...{ commits: durations, merges: { ...durations, counts: [], sum: 0 } },
    };
    const { observations } = gateway.service.gateway;
    Object.defineProperty(observations, 'figures', { value: figures, configurable: true });
    const metrics = await scrape();
    Reflect.deleteProperty(observations, 'figures');
    const values = ['batches_total', 'batch_rows_total', 'batch_messages_total', 'restarts_total'].map(
      (name) => metrics.value(`glossa_store_${name}`),
    );
    expect(values).toEqual([4, 50, 10, 1]);
    expect([metrics.value('glossa_store_rows_waiting'), metrics.value('glossa_store_head_rows')]).toEqual([
      7, 43,
    ]);
    const commits = (le: string) => metrics.value('glossa_store_commit_seconds_bucket', { le });
    expect(['0.0005', '0.001', '5', '+Inf'].map(commits)).toEqual([1, 3, 3, 4]);
    expect(metrics.value('glossa_store_commit_seconds_sum')).toBe(9);
    expect(metrics.value('glossa_store_merge_seconds_count')).toBe(0);
  });

  it('is answered while the reader of the store does not answer', async () => {
    const { observations } = gateway.service.gateway;
    const before = await scrape();
    const ask = observations.ledger.bind(observations);
    let answer: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => (answer = resolve));
    observations.ledger = async () => {
      await waits;
      return ask();
    };
    const stored = { state: 'stored' };
    const during = await scrape();
    expect(during.value('glossa_messages_total', stored)).toBe(before.value('glossa_messages_total', stored));
    answer();
    observations.ledger = ask;
  });
});

describe('access to /metrics', () => {
  it('needs no token where only this machine listens', async () => {
    const gateway = await TestGateway.start();
    const answer = await new Rest(gateway.httpUrl, undefined).get('/metrics');
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      'no-store',
    ]);
    expect((await new Rest(gateway.httpUrl, 'wrong').get('/metrics')).status).toBe(200);
    expect((await gateway.rest().get('/metrics?name=x')).status).toBe(400);
    await gateway.stop();
  });

  it('needs the token of an operator or admin elsewhere, and where it is asked for', async () => {
    for (const env of [{ GLOSSA_HOST: '0.0.0.0' }, { GLOSSA_METRICS_ACCESS: 'token' }]) {
      const gateway = await TestGateway.start(env);
      const token = async (role: string) => {
        await gateway
          .rest()
          .post('/api/accounts', { username: role, password: 'long-password', roles: [role] });
        const { body } = await gateway.rest().post(`/api/accounts/${role}/tokens`, {});
        return (body as { token: string }).token;
      };
      const status = async (secret?: string) =>
        (await new Rest(gateway.httpUrl, secret).get('/metrics')).status;
      expect([await status(), await status('wrong'), await status(await token('consumer'))]).toEqual([
        401, 401, 403,
      ]);
      expect([await status(ADMIN_TOKEN), await status(await token('operator'))]).toEqual([200, 200]);
      await gateway.stop();
    }
    const open = await TestGateway.start({ GLOSSA_HOST: '0.0.0.0', GLOSSA_METRICS_ACCESS: 'open' });
    expect((await new Rest(open.httpUrl, undefined).get('/metrics')).status).toBe(200);
    await open.stop();
  });
});
