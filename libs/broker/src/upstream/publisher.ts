import type { MqttClient } from 'mqtt';
import type { Outcome, SeriesTable } from '#ingest';
import type { Qos, Series } from '#model';
import { semanticTopic, type ObservationRenderer } from '#semantics';

/** Messages on their way at most; beyond, only each topic's newest value follows when there is room. */
const WINDOW = 1000;

/**
 * Publishes semantic messages to the upstream broker. While it is away or slow, what would be retained is only
 * noted by topic, so that little is held, and afterwards every retained value there is the newest.
 */
export class UpstreamPublisher {
  /** Topics whose retained value there may be old, with the series that has the newest one. */
  readonly #stale = new Map<string, Series>();
  #underWay = 0;

  constructor(
    private readonly client: MqttClient,
    private readonly series: SeriesTable,
    private readonly renderer: ObservationRenderer,
  ) {}

  /**
   * Connected: brings the retained values there up to date. All of them: what left on a connection that was about to
   * end may not have arrived, and nobody knows what an earlier run left or what that broker kept.
   */
  connected(): void {
    for (const { latestSeries } of this.series.all())
      if (latestSeries) this.#stale.set(semanticTopic(latestSeries), latestSeries);
    this.#refresh();
  }

  publish({ raw, moved, observations }: Outcome): void {
    for (const series of moved) this.clear(series);
    for (const record of observations) {
      const { series, retained } = record;
      const topic = semanticTopic(series);
      if (this.#hasRoom) {
        if (retained) this.#stale.delete(topic);
        this.#send(topic, this.renderer.json(record), raw.qos, retained);
      } else if (retained) this.#stale.set(topic, series);
    }
  }

  /** A series that has no retained value any more. No later connection would look at it: it is sent until it arrives. */
  clear(series: Series): void {
    const topic = semanticTopic(series);
    if (this.#hasRoom) {
      this.#stale.delete(topic);
      this.#send(topic, '', 1, true);
    } else this.#stale.set(topic, series);
  }

  /** The value of a series' topic changed without a message. */
  renew(series: Series): void {
    this.#stale.set(semanticTopic(series), series);
    this.#refresh();
  }

  get #hasRoom(): boolean {
    return this.client.connected && this.#underWay < WINDOW;
  }

  #refresh(): void {
    for (const [topic, series] of this.#stale) {
      if (!this.#hasRoom) return;
      this.#stale.delete(topic);
      const latest = this.series.datastream(series.device, series.name)?.latest;
      const current = latest && semanticTopic(latest.series) === topic;
      this.#send(topic, current ? this.renderer.json(latest) : '', 1, true);
    }
  }

  #send(topic: string, payload: string, qos: Qos, retain: boolean): void {
    this.#underWay++;
    this.client.publish(topic, payload, { qos, retain }, () => {
      this.#underWay--;
      if (this.#stale.size > 0) this.#refresh();
    });
  }
}
