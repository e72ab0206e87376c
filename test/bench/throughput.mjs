import Database from 'better-sqlite3';
import { join } from 'node:path';
import { BENCH_SCHEMA, OBSERVATIONS, rawMessages } from './fleet.mjs';
import { ADMIN_TOKEN, Gateway, load, Server } from './processes.mjs';

/** Raw messages/s through the whole line, every one stored and republished. Checks that rows equal the ledger. */
export async function line({ publishers, subscribers, devices, qos, seconds, rate }) {
  const gateway = await Gateway.start();
  try {
    await gateway.call('POST', '/api/schemas', BENCH_SCHEMA);
    const job = {
      port: gateway.mqttPort,
      username: 'admin',
      password: ADMIN_TOKEN,
      filter: 'semantic/#',
      messages: rawMessages(devices),
      observations: OBSERVATIONS,
      publishers,
      subscribers,
      qos,
    };
    await load({ ...job, seconds: 1 });
    const before = await settled(gateway);
    const result = await load({ ...job, seconds, rate });
    const ledger = await settled(gateway, before.messages.received + result.sent);
    const memory = gateway.memory();
    await gateway.stop({ keep: true });
    const rows = countRows(gateway.directory);
    const complaints = [
      ledger.messages.stored - before.messages.stored === result.sent
        ? ''
        : `stored ${ledger.messages.stored - before.messages.stored} of ${result.sent}`,
      rows === ledger.values.stored ? '' : `${rows} rows, the ledger says ${ledger.values.stored}`,
      result.received === result.expected ? '' : `received ${result.received} of ${result.expected}`,
    ].filter(Boolean);
    return {
      raw: result.sent / result.elapsed,
      deliveries: result.received / result.elapsed,
      size: Math.round(result.bytes / result.received),
      memory: memory.peak,
      ack: result.ack,
      complaints,
    };
  } finally {
    await gateway.stop();
  }
}

/** Deliveries/s of plain aedes that relays messages of a size, for reference. */
export async function aedesRelay({ publishers, subscribers, qos, seconds, size }) {
  const server = await Server.start('test/bench/aedes-relay.mjs', {}, ({ mqtt }) => mqtt !== undefined);
  try {
    const topic = 'semantic/Temperature/AirTemperature/device-1/temperature/site/hall';
    const payload = 'x'.repeat(size - topic.length - 2 - (qos > 0 ? 2 : 0));
    const messages = Array.from({ length: publishers * 10 }, () => ({ topic, payload }));
    const result = await load({
      port: server.ready.mqtt,
      filter: '#',
      messages,
      observations: 1,
      publishers,
      subscribers,
      qos,
      seconds,
    });
    return {
      deliveries: result.received / result.elapsed,
      complaints:
        result.received === result.expected ? [] : [`received ${result.received} of ${result.expected}`],
    };
  } finally {
    await server.stop();
  }
}

/** The ledger once it has counted `received` messages. */
async function settled(gateway, received = 0) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const ledger = await gateway.call('GET', '/api/messages/summary');
    if (ledger.messages.received >= received || Date.now() > deadline) return ledger;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function countRows(directory) {
  const db = new Database(join(directory, 'observations.db'), { readonly: true });
  try {
    return db.prepare('select count(*) from observation').pluck().get();
  } finally {
    db.close();
  }
}
