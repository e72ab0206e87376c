import { GatewayHealth, type Signs } from './health.js';

describe('the health', () => {
  let phase: ReturnType<Signs['phase']> = 'running';
  let storing: string[] = [];
  let upstream: string[] = [];
  let restarts = 4;
  const health = new GatewayHealth({
    version: '1.2.3',
    phase: () => phase,
    storing: () => storing,
    upstream: () => upstream,
    mqtt: () => ({ connections: 3, held: 0 }),
    warnings: () => ['The schema s is suspended.'],
    incidents: [{ count: () => restarts, tell: (times) => `Restarted ${times} times.` }],
  });
  beforeEach(() => {
    phase = 'running';
    storing = [];
    upstream = [];
  });
  afterAll(() => health.close());

  it('is good, with warnings, while everything is stored', () => {
    expect(health.health()).toEqual({
      status: 'ok',
      storing: true,
      trouble: [],
      warnings: ['The schema s is suspended.'],
      version: '1.2.3',
      uptime: expect.any(Number),
      mqtt: { connections: 3, held: 0 },
    });
    expect(health.readiness()).toEqual({ ready: true, reasons: [] });
  });

  it('says since when nothing is stored, and neither is it ready', () => {
    storing = ['The disk is full.'];
    const { since, ...told } = health.health();
    expect(told).toMatchObject({ status: 'degraded', storing: false, trouble: storing });
    const earlier = new Date(Date.now() - 60_000).toISOString();
    expect(since! > earlier && since! <= new Date().toISOString()).toBe(true);
    expect(health.health().since).toBe(since);
    expect(health.readiness()).toMatchObject({
      ready: false,
      reasons: storing,
      since: expect.stringMatching(/Z$/),
    });
    storing = [];
    expect(health.health().since).toBeUndefined();
  });

  it('stores and is ready while the upstream broker is away', () => {
    upstream = ['The upstream broker is not connected.'];
    expect(health.health()).toMatchObject({ status: 'degraded', storing: true, trouble: upstream });
    expect(health.readiness()).toEqual({ ready: true, reasons: [] });
  });

  it.each(['starting', 'stopping'] as const)('is well and not ready while it is %s', (one) => {
    phase = one;
    expect(health.health()).toMatchObject({ status: 'ok', storing: true });
    expect(health.readiness()).toMatchObject({ ready: false, reasons: [`The service is ${one}.`] });
  });

  it('tells what happened lately, not what happened before', () => {
    restarts += 2;
    expect(health.health().warnings[1]).toBe('Restarted 2 times.');
  });
});
