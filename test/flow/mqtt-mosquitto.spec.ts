import { spawn, spawnSync } from 'node:child_process';
import { ADMIN_TOKEN, TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { CLIMATE, account, ledger, register } from './support/plant.js';
import { eventually } from './support/eventually.js';

const SEMANTIC = 'semantic/Temperature/AirTemperature/m/temperature';
const installed = ['mosquitto_pub', 'mosquitto_sub'].every((name) => !spawnSync(name, ['--help']).error);
if (!installed)
  process.stderr.write('mosquitto_pub and mosquitto_sub are not installed: their tests are left out\n');

interface Run {
  readonly code: number | null;
  readonly lines: string[];
  readonly errors: string;
}

/** Mosquitto's own clients, as another vendor's. */
(installed ? describe : describe.skip)("Mosquitto's clients", () => {
  let gateway: TestGateway;
  let watcher: MqttTester;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register(gateway, CLIMATE);
    await account(gateway, 'pump', { rules: [['allow', 'publish', 'plant/#']] });
    watcher = await gateway.mqtt();
    await watcher.subscribe('$SYS/+/new/subscribes');
  });

  afterAll(() => gateway.stop());

  /** Runs a client to its end. */
  function run(name: 'mosquitto_pub' | 'mosquitto_sub', ...args: string[]): Promise<Run> {
    const signIn = args.includes('-u') ? [] : ['-u', 'admin', '-P', ADMIN_TOKEN];
    const child = spawn(name, ['-p', String(gateway.mqttPort), ...signIn, ...args]);
    let output = '';
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString()));
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
    return new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code, lines: output.split('\n').filter((line) => line !== ''), errors });
      });
    });
  }

  const publish = (...args: string[]) => run('mosquitto_pub', ...args);
  const subscribe = (...args: string[]) => run('mosquitto_sub', ...args);
  /** A subscriber that has its SUBACK; resolves with its end. */
  async function subscribed(...args: string[]): Promise<{ done: Promise<Run> }> {
    const id = `listener-${Math.random().toString(36).slice(2)}`;
    const done = subscribe('-i', id, ...args);
    await watcher.next(({ text }) => JSON.parse(text).clientId === id);
    return { done };
  }
  const reading = (temperature: number) => JSON.stringify({ temperature });

  it('publish with every QoS, and hear the raw and the semantic message', async () => {
    const raw = await subscribed('-t', 'plant/#', '-q', '2', '-C', '3', '-F', '%q %t %p');
    const semantic = await subscribed('-t', 'semantic/#', '-q', '2', '-C', '3', '-F', '%q %r %t');
    for (const qos of [0, 1, 2]) {
      const { code } = await publish('-t', 'plant/m/climate', '-q', String(qos), '-m', reading(qos));
      expect(code).toBe(0);
    }
    expect((await raw.done).lines).toEqual([0, 1, 2].map((qos) => `${qos} plant/m/climate ${reading(qos)}`));
    expect((await semantic.done).lines).toEqual([0, 1, 2].map((qos) => `${qos} 0 ${SEMANTIC}`));
    expect(await ledger(gateway)).toMatchObject({ received: 3, stored: 3 });
  });

  it('get retained messages, raw and semantic, and clear the raw one', async () => {
    await publish('-t', 'plant/m/climate', '-q', '1', '-r', '-m', reading(5));
    const kept = await subscribe(
      '-t',
      'plant/m/climate',
      '-t',
      SEMANTIC,
      '-q',
      '1',
      '-C',
      '2',
      '-F',
      '%r %t',
    );
    expect(kept.lines.sort()).toEqual(['1 plant/m/climate', `1 ${SEMANTIC}`]);
    await publish('-t', 'plant/m/climate', '-q', '1', '-r', '-n');
    const { code, lines } = await subscribe('-t', 'plant/m/climate', '-W', '1', '-C', '1');
    expect([code, lines]).toEqual([27, []]);
  });

  it('send many lines from one connection, in order', async () => {
    const all = await subscribed('-t', 'lines', '-q', '1', '-C', '300');
    const args = [
      '-p',
      String(gateway.mqttPort),
      '-u',
      'admin',
      '-P',
      ADMIN_TOKEN,
      '-t',
      'lines',
      '-q',
      '1',
      '-l',
    ];
    const sender = spawn('mosquitto_pub', args);
    const numbers = Array.from({ length: 300 }, (_, i) => String(i));
    sender.stdin.end(`${numbers.join('\n')}\n`);
    expect((await all.done).lines).toEqual(numbers);
  });

  it('keep a session', async () => {
    const session = ['-i', 'mosquitto-session', '-c', '-q', '1', '-t', 'plant/session/climate'];
    expect((await subscribe(...session, '-E')).code).toBe(0);
    for (const value of [1, 2]) await publish('-t', 'plant/session/climate', '-q', '1', '-m', reading(value));
    expect((await subscribe(...session, '-C', '2')).lines).toEqual([reading(1), reading(2)]);
  });

  it('are refused by their exit code and in words', async () => {
    const wrong = await publish('-u', 'pump', '-P', 'wrong', '-t', 'plant/m/climate', '-m', reading(1));
    expect(wrong.code).toBe(5);
    expect(wrong.errors).toMatch(/not authori[sz]ed/i);
    const denied = await subscribe('-u', 'pump', '-P', 'password-of-pump', '-t', 'semantic/#', '-C', '1');
    expect(denied.errors).toContain('All subscription requests were denied');
    const own = await publish(
      '-u',
      'pump',
      '-P',
      'password-of-pump',
      '-t',
      'plant/p/climate',
      '-q',
      '2',
      '-m',
      reading(1),
    );
    expect(own.code).toBe(0);
    const before = await ledger(gateway);
    const elsewhere = await publish(
      '-u',
      'pump',
      '-P',
      'password-of-pump',
      '-t',
      'elsewhere',
      '-q',
      '2',
      '-m',
      'x',
    );
    expect(elsewhere.code).toBe(0);
    expect((await ledger(gateway))['refused']).toBe(before['refused']! + 1);
  });

  it('leave a will when they are killed', async () => {
    const listener = await subscribed('-t', 'wills/#', '-q', '1', '-C', '1');
    const { broker } = gateway.service.gateway;
    const before = broker.connections;
    const args = ['-p', String(gateway.mqttPort), '-u', 'admin', '-P', ADMIN_TOKEN, '-t', 'x', '-q', '1'];
    const will = ['--will-topic', 'wills/m', '--will-payload', 'killed', '--will-qos', '1'];
    const victim = spawn('mosquitto_sub', [...args, ...will]);
    await eventually(() => broker.connections > before);
    victim.kill('SIGKILL');
    expect((await listener.done).lines).toEqual(['killed']);
  });

  it('of MQTT 5 are told that it is not spoken', async () => {
    const { code } = await publish('-V', 'mqttv5', '-t', 'plant/m/climate', '-m', reading(1));
    expect(code).not.toBe(0);
    const older = await publish('-V', 'mqttv31', '-t', 'plant/m/climate', '-q', '1', '-m', reading(1));
    expect(older.code).toBe(0);
  });
});
