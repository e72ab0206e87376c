import { connect } from 'node:net';
import { once } from 'node:events';
import { MqttTester } from './support/mqtt.js';
import { ADMIN_TOKEN } from './support/admin-token.js';
import { ServiceProcess } from './support/child.js';
import { closedLedger, numbersByDatastream } from './support/observations.js';
import { Publisher } from './support/publisher.js';

const SCHEMA = {
  id: 'load',
  topic: 'load/{device}',
  observations: { a: { property: 'AirTemperature', unit: '°C' } },
};

const LIMIT_MS = 5000;

describe.each(['SIGTERM', 'SIGINT'] as const)('%s under load', (signal) => {
  it('ends in order within 5 s, and what was acknowledged is there afterwards', async () => {
    const service = await ServiceProcess.start();
    expect((await service.rest().post('/api/schemas', SCHEMA)).status).toBe(201);
    // Connections of every kind that would keep a server open.
    const overWebSocket = await MqttTester.connect(`ws://127.0.0.1:${service.ports.http}/mqtt`, {
      username: 'admin',
      password: ADMIN_TOKEN,
    });
    await overWebSocket.subscribe('semantic/#');
    const idle = connect(service.ports.http, '127.0.0.1').on('error', () => undefined);
    await once(idle, 'connect');
    const publishers = ['p1', 'p2', 'p3'].map(
      (id) =>
        new Publisher({
          clientId: id,
          message: (n) => ({ topic: `load/${id}`, payload: JSON.stringify({ a: n }) }),
        }),
    );
    for (const publisher of publishers) {
      await publisher.connect(service.ports.mqtt);
      publisher.start();
    }
    await publishers[0]!.until(500);

    const before = performance.now();
    const exit = await service.kill(signal);
    expect(exit).toEqual({ code: 0, signal: null });
    expect(performance.now() - before).toBeLessThan(LIMIT_MS);
    expect(service.lines.at(-1)?.msg).toBe('Glossa stopped');
    expect(service.lines).toContainEqual(expect.objectContaining({ msg: 'Glossa stops', signal }));
    await Promise.all(publishers.map((publisher) => publisher.closed()));
    idle.destroy();
    await overWebSocket.end();

    const again = await service.again();
    const stored = await numbersByDatastream(again.rest());
    let total = 0;
    for (const [i, publisher] of publishers.entries()) {
      const values = stored.get(`p${i + 1}/a`) ?? [];
      total += values.length;
      expect(new Set(values).size).toBe(values.length);
      expect(publisher.acknowledged.filter((n) => !values.includes(n))).toEqual([]);
    }
    expect((await closedLedger(again.rest())).stored).toBe(total);
    await again.stop();
  });
});
