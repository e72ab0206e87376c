import { ServiceProcess } from './support/child.js';
import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import { holdStore } from './support/held-store.js';
import { Metrics } from './support/metrics.js';

const SCHEMA = {
  id: 's',
  topic: 'raw/{device}',
  observations: { t: { property: 'AirTemperature', unit: '°C' } },
};

describe('health and readiness', () => {
  it('tell that the writer ended, and that it is back', async () => {
    const gateway = await TestGateway.start();
    const rest = gateway.rest();
    await rest.post('/api/schemas', SCHEMA);
    const mqtt = await gateway.mqtt();
    await gateway.service.gateway.observations.kill('writer');
    for (const path of ['/health', '/ready']) {
      const { status, body } = await rest.get(path);
      const { trouble = [], reasons = [] } = body as Record<string, string[]>;
      expect([path, status, ...trouble, ...reasons]).toEqual([
        path,
        503,
        expect.stringContaining('thread that writes observations ended'),
      ]);
    }
    await mqtt.publish('raw/a', { t: 1 });
    expect((await rest.get('/health')).status).toBe(200);
    expect((await rest.get('/ready')).status).toBe(200);
    await gateway.stop();
  });

  it('warn that the merger ended, since what comes is stored meanwhile', async () => {
    const gateway = await TestGateway.start();
    const rest = gateway.rest();
    await gateway.service.gateway.observations.kill('merger');
    const { status, body } = await rest.get('/health');
    expect([status, body]).toMatchObject([
      200,
      {
        status: 'ok',
        storing: true,
        trouble: [],
        warnings: [expect.stringContaining('thread that merges observations ended')],
      },
    ]);
    expect((await rest.get('/ready')).status).toBe(200);
    await eventually(async () => (await rest.get('/health')).body.warnings.length === 0);
    await gateway.stop();
  });

  it('differ while the service stops: it is well, and takes nothing more', async () => {
    const gateway = await TestGateway.start();
    gateway.service.gateway.enter('stopping');
    expect((await gateway.rest().get('/health')).status).toBe(200);
    const { status, body } = await gateway.rest().get('/ready');
    expect([status, body.reasons]).toEqual([503, ['The service is stopping.']]);
    await gateway.stop();
  });

  it('differ while the upstream broker is away', async () => {
    // A port that nobody listens on.
    const gateway = await TestGateway.start({ GLOSSA_UPSTREAM: 'mqtt://127.0.0.1:1' });
    const rest = gateway.rest();
    const health = await rest.get('/health');
    expect([health.status, health.body.status, health.body.trouble.length]).toEqual([200, 'degraded', 1]);
    expect((await rest.get('/ready')).body).toEqual({ ready: true, reasons: [] });
    expect((await Metrics.of(rest)).value('glossa_upstream_connected')).toBe(0);
    expect((await Metrics.of(rest)).text).toMatch(/^glossa_upstream_connected 0$/m);
    await gateway.stop();
  });

  it('warn of a schema that is suspended', async () => {
    const gateway = await TestGateway.start();
    const rest = gateway.rest();
    const value = '($f := function($x) { $f($x + 1) }; $f(1))';
    const observations = { t: { value, property: 'AirTemperature', unit: '°C' } };
    expect(
      (await rest.post('/api/schemas', { id: 'loop', topic: 'loop/{device}', observations })).status,
    ).toBe(201);
    const mqtt = await gateway.mqtt();
    await Promise.all(Array.from({ length: 6 }, (_, i) => mqtt.publish(`loop/${i}`, { t: 1 })));
    const { status, body } = await rest.get('/health');
    expect([status, body.status, body.trouble]).toEqual([200, 'ok', []]);
    expect(body.warnings[0]).toMatch(/^The schema loop is suspended since \S+Z: .*\w\.$/);
    const metrics = await Metrics.of(rest);
    expect(['active', 'suspended'].map((state) => metrics.value('glossa_schemas', { state }))).toEqual([
      0, 1,
    ]);
    await gateway.stop();
  });

  // Most of it is waiting: both wait at once.
  it.concurrent('tell that the event loop stood still, for as long as that is news', async () => {
    const service = await ServiceProcess.start();
    const rest = service.rest();
    expect((await rest.get('/ready')).body).toEqual({ ready: true, reasons: [] });
    const pid = service.child.pid!;
    const stopped = performance.now();
    process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 5500));
    process.kill(pid, 'SIGCONT');
    const seconds = (performance.now() - stopped) / 1000;
    const health = await rest.get('/health');
    expect([health.status, health.body.status, health.body.storing]).toEqual([503, 'degraded', false]);
    expect(health.body.trouble).toEqual([
      expect.stringMatching(/^The event loop stood still for \d+\.\d s, /),
    ]);
    const told = parseFloat(health.body.trouble[0].slice('The event loop stood still for '.length));
    expect(told).toBeGreaterThanOrEqual(5);
    // It cannot tell more than there was, or than it took to wake up.
    expect(told).toBeLessThan(seconds + 1);
    expect(health.body.since).toMatch(/^\d{4}-.*Z$/);
    const ready = await rest.get('/ready');
    expect([ready.status, ready.body]).toEqual([
      503,
      { ready: false, reasons: [expect.stringContaining('stood still')], since: expect.stringMatching(/Z$/) },
    ]);
    const metrics = await Metrics.of(rest);
    expect([metrics.value('glossa_up'), metrics.value('glossa_event_loop_stalls_total')]).toEqual([0, 1]);
    await eventually(async () => (await rest.get('/health')).status === 200);
    expect((await rest.get('/ready')).body).toEqual({ ready: true, reasons: [] });
    await service.stop();
  });

  it.concurrent('tell that messages wait', async () => {
    const gateway = await TestGateway.start();
    const rest = gateway.rest();
    await rest.post('/api/schemas', SCHEMA);
    const held = holdStore(gateway);
    const mqtt = await gateway.mqtt();
    const published = mqtt.publish('raw/a', { t: 1 });
    await eventually(() => held.waiting === 1);
    expect((await Metrics.of(rest)).value('glossa_gate_messages')).toBe(1);
    await eventually(async () => (await rest.get('/ready')).status === 503);
    expect((await rest.get('/health')).body.trouble[0]).toMatch(/have waited \d+ s for the store/);
    held.release();
    await published;
    expect((await rest.get('/ready')).status).toBe(200);
    await gateway.stop();
  });
});
