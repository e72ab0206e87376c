import type { Aedes, Client } from 'aedes';
import { generate, type ISubscribePacket, type ISubscription, type Packet } from 'mqtt-packet';
import type { ClientInternals } from '../client-internals.js';

/** SUBACK's code of a failure (MQTT 3.1.1, 3.9.3). */
const FAILURE = 0x80;

/**
 * Takes those SUBSCRIBE packets of a client from aedes that name a filter twice: aedes answers both with one code,
 * where each pair of filter and QoS has its own [MQTT-3.8.4-5].
 */
export function answerRepeatedFilters(client: Client, aedes: Aedes): void {
  const { _parser: parser } = client as ClientInternals;
  const listeners = parser.listeners('packet');
  parser.removeAllListeners('packet');
  parser.on('packet', (packet: Packet) => {
    if (packet.cmd === 'subscribe' && client.connected) {
      const last = new Map(packet.subscriptions.map((one) => [one.topic, one]));
      if (last.size < packet.subscriptions.length) {
        subscribe(client as ClientInternals, aedes, packet, last);
        return;
      }
    }
    for (const listener of listeners) listener.call(parser, packet);
  });
}

/**
 * Subscribes to each filter once, with the QoS that came last: it replaces those before [MQTT-3.8.4-3]. The codes are
 * those of as many packets [MQTT-3.8.4-4].
 */
function subscribe(
  client: ClientInternals,
  aedes: Aedes,
  { messageId, subscriptions }: ISubscribePacket,
  last: ReadonlyMap<string, ISubscription>,
): void {
  const asked = subscriptions.map(({ qos }) => qos);
  const next = (error?: Error | null) => client._nextBatch(error);
  const answer = () => {
    if (client.closed) return;
    const granted = subscriptions.map(({ topic }, i) => (isRefused(last.get(topic)!) ? FAILURE : asked[i]!));
    if (client.conn.write(generate({ cmd: 'suback', messageId: messageId!, granted }))) setImmediate(next);
    else client.waitForDrain(next);
  };
  client._parsingBatch++;
  client.subscribe([...last.values()], (error) => {
    if (error) next(error);
    // Without a packet id aedes answers nothing. It notes next what it granted, and tells of that.
    else aedes.prependOnceListener('subscribe', answer);
  });
}

/** Whether aedes noted a refusal in the place of the QoS. */
function isRefused({ qos }: { readonly qos: number }): boolean {
  return qos === FAILURE;
}
