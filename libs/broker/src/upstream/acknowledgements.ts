import type { DoneCallback, IPublishPacket, MqttClient, Packet } from 'mqtt';

type SendPacket = (packet: Packet, callback?: DoneCallback, ...rest: unknown[]) => void;

/**
 * Holds PUBACKs back until what they acknowledge is committed, and in the order of arrival [MQTT-4.6.0-2].
 * mqtt.js takes the next message only when the one before is acknowledged: it would commit one message at a
 * time. So it is told "done" at once, and its packets wait here. `_sendPacket` is not declared public: a flow
 * test fails should an update of mqtt.js pass it by.
 */
export class HeldAcknowledgements {
  readonly #open = new Map<number, Promise<void>>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(client: MqttClient) {
    const internals = client as unknown as { _sendPacket: SendPacket };
    const send = internals._sendPacket.bind(client);
    internals._sendPacket = (packet, callback, ...rest) => {
      const committed = this.#take(packet);
      if (!committed) {
        send(packet, callback, ...rest);
        return;
      }
      const { stream } = client;
      this.#tail = Promise.all([this.#tail, committed]).then(
        () => {
          // On a new connection the broker sends the message again, and that one is acknowledged.
          if (client.connected && client.stream === stream) send(packet);
        },
        () => undefined,
      );
      callback?.();
    };
  }

  /** The acknowledgement of this message leaves after `committed`; never, when that rejects. */
  hold({ qos, messageId }: IPublishPacket, committed: Promise<void>): void {
    if (qos > 0 && messageId !== undefined) this.#open.set(messageId, committed);
    committed.catch(() => undefined);
  }

  /** The connection ended: what came on it is acknowledged on none. */
  forget(): void {
    this.#open.clear();
  }

  /** Resolves when everything held so far has left or never will. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #take(packet: Packet): Promise<void> | undefined {
    if (packet.cmd !== 'puback' || packet.messageId === undefined) return undefined;
    const committed = this.#open.get(packet.messageId);
    this.#open.delete(packet.messageId);
    return committed;
  }
}
