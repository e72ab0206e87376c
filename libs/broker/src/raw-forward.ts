import type { AedesPublishPacket, Client } from 'aedes';
import { policyOf, type ClientInternals } from './client-internals.js';
import type { Fanout } from './fanout/fanout.js';

/**
 * Makes aedes' `authorizeForward`, which is asked once before a raw message goes to a client: whether it may be
 * received, and with which QoS. aedes itself would take the QoS of whichever subscription comes first, and under
 * a wildcard filter that of the publisher.
 */
export function rawForward(
  fanout: Fanout,
): (client: Client, packet: AedesPublishPacket) => AedesPublishPacket | null {
  return (client, packet) => {
    // A wide subscription receives only what its rules allow.
    if (!policyOf(client)?.receive(packet.topic)) return null;
    // Sent before, and again now that its session is back: only those have a packet id yet.
    if (packet.messageId !== undefined) return packet;
    // A restored session subscribes before its CONNACK, which comes first [MQTT-3.2.0-1].
    if (!(client as ClientInternals).connackSent || !fanout.hasRoom(client)) return null;
    // The publisher's DUP is its own affair [MQTT-3.3.1-3]; the packet is this delivery's own.
    packet.dup = false;
    if (packet.qos === 0) return packet;
    const granted = fanout.grantedQos(client, packet.topic);
    // Its session keeps the message and sends it in its order.
    if (granted > 0 && !client.clean) return null;
    // [MQTT-3.8.4-6]
    if (granted < packet.qos) packet.qos = granted;
    return packet;
  };
}
