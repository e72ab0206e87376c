import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { eventually } from './support/eventually.js';
import { TestGateway } from './support/gateway.js';
import type { MqttTester } from './support/mqtt.js';
import { register } from './support/plant.js';
import { PASSWORD, UpstreamBroker, USER } from './support/upstream.js';

/** The way to a broker, which can be made to lose what is sent there. */
class Link {
  readonly #sockets = new Set<Socket>();
  loses = false;

  private constructor(
    readonly port: number,
    private readonly close: () => void,
  ) {}

  static async to(port: number): Promise<Link> {
    const server = createServer((here) => {
      const there = connect(port, '127.0.0.1');
      for (const socket of [here, there]) {
        link.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          here.destroy();
          there.destroy();
        });
      }
      there.pipe(here);
      here.on('data', (bytes) => link.loses || there.write(bytes));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const link = new Link((server.address() as AddressInfo).port, () => server.close());
    return link;
  }

  /** Ends the connections; those that follow lose nothing. */
  cut(): void {
    this.loses = false;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  end(): void {
    this.cut();
    this.close();
  }
}

const topicOf = (device: string, room: string) =>
  `semantic/Temperature/AirTemperature/${device}/t/home/${room}`;
const valueOf = (text: string): unknown => text && JSON.parse(text).hasResult.numericValue;

/** What a client that comes now is told of the retained semantic messages, with nothing else under way. */
async function retained(broker: UpstreamBroker): Promise<Record<string, unknown>> {
  const client = await broker.mqtt();
  await client.subscribe(['semantic/#', 'end'], 0);
  await client.publish('end', '');
  await client.next(({ topic }) => topic === 'end');
  await client.end();
  const kept = client.received.filter(({ retain }) => retain);
  return Object.fromEntries(kept.map(({ topic, text }) => [topic, valueOf(text)]));
}

describe('what is published upstream', () => {
  let broker: UpstreamBroker;
  let link: Link;
  let gateway: TestGateway;
  let local: MqttTester;

  beforeAll(async () => {
    broker = await UpstreamBroker.aedes();
    link = await Link.to(broker.port);
    gateway = await TestGateway.start({
      GLOSSA_UPSTREAM: `mqtt://${USER}:${PASSWORD}@127.0.0.1:${link.port}`,
      GLOSSA_UPSTREAM_PUBLISH: 'true',
    });
    await register(gateway, {
      id: 'rooms',
      topic: 'rooms/{room}/{device}',
      feature: 'home/{room}',
      observations: { t: { property: 'AirTemperature', unit: '°C' } },
    });
    local = await gateway.mqtt();
    await local.subscribe('semantic/#');
    await broker.until(() => broker.filters.join() === 'rooms/+/+');
  });

  afterAll(async () => {
    await gateway.stop();
    link.end();
    await broker.process.kill();
  });

  /** Publishes here, and waits until it was published on. */
  async function say(room: string, device: string, t: number, qos: 0 | 1): Promise<void> {
    await local.publish(`rooms/${room}/${device}`, { t }, { qos });
    await local.next(({ topic, text }) => topic === topicOf(device, room) && valueOf(text) === t);
  }

  const becomes = async (expected: Record<string, unknown>) => {
    let last: Record<string, unknown> = {};
    await eventually(
      async () => {
        last = await retained(broker);
        return (
          JSON.stringify(Object.entries(last).sort()) === JSON.stringify(Object.entries(expected).sort())
        );
      },
      () => `${JSON.stringify(expected)} in the place of ${JSON.stringify(last)}`,
    );
  };

  it.each([0, 1] as const)('with QoS %i on a link that dies is the newest there afterwards', async (qos) => {
    await say('kitchen', 'stays', 1, 1);
    await say('kitchen', 'changes', 2, 1);
    await say('kitchen', 'moves', 3, 1);
    const before = {
      [topicOf('stays', 'kitchen')]: 1,
      [topicOf('changes', 'kitchen')]: 2,
      [topicOf('moves', 'kitchen')]: 3,
    };
    await becomes(before);
    link.loses = true;
    await say('kitchen', 'changes', 4 + qos, qos);
    await say(`cellar-${qos}`, 'moves', 6 + qos, qos);
    link.cut();
    const after = {
      [topicOf('stays', 'kitchen')]: 1,
      [topicOf('changes', 'kitchen')]: 4 + qos,
      [topicOf('moves', `cellar-${qos}`)]: 6 + qos,
    };
    await becomes(after);
  });

  it('is all there again when the broker comes back without it', async () => {
    await say('kitchen', 'stays', 8, 1);
    await becomes({ ...(await retained(broker)), [topicOf('stays', 'kitchen')]: 8 });
    const known = await retained(broker);
    await broker.process.kill();
    broker = await UpstreamBroker.aedes(broker.port);
    await becomes(known);
  });
});
