/** Messages of one write of a publisher, at most. */
const BURST = 100;
/** The same at a fixed rate, where devices send a few at a time. */
const OPEN_BURST = 5;

/**
 * As fast as the server goes: a bounded number of messages is between the publishers and the last sink. Nothing is
 * timed or polled; what arrives makes room for what is sent.
 */
export class ClosedLoop {
  sent = 0;
  #next = 0;
  #open = true;

  #stop = () => undefined;

  constructor(publishers, sinks, { observations, inFlight }) {
    this.publishers = publishers;
    this.sinks = sinks;
    this.observations = observations;
    this.inFlight = inFlight;
    this.burst = Math.max(1, Math.min(BURST, Math.floor(inFlight / publishers.length)));
    // Full writes, not one packet for each that arrives.
    this.worthwhile = Math.min(inFlight / 8, this.burst * publishers.length);
  }

  /** Until the time is over and at least a number is sent, or until it is stopped. */
  run(seconds, atLeast = 0) {
    return new Promise((resolve) => {
      this.#stop = () => {
        this.#open = false;
        resolve();
      };
      const until = setInterval(
        () => {
          if (this.sent < atLeast) return;
          clearInterval(until);
          this.#stop();
        },
        Math.max(1, seconds * 1000),
      );
      this.pump();
    });
  }

  stop() {
    this.#stop();
  }

  /** Called whenever something arrived. */
  pump() {
    if (!this.#open) return;
    // A message counts as delivered with its last observation.
    let room = this.inFlight - this.sent + Math.floor(delivered(this.sinks) / this.observations);
    if (room < this.worthwhile) return;
    const { publishers, burst } = this;
    // Round robin; a round in which nobody could send ends it.
    for (
      let idle = 0;
      room >= 1 && idle < publishers.length;
      this.#next = (this.#next + 1) % publishers.length
    ) {
      const publisher = publishers[this.#next];
      const wanted = Math.min(burst, room);
      const count = publisher.room < Math.min(wanted, publisher.window / 4) ? 0 : publisher.send(wanted);
      this.sent += count;
      room -= count;
      idle = count === 0 ? idle + 1 : 0;
    }
  }
}

/**
 * At a fixed rate, whatever the server does. Each message has a time at which it is due; latencies count from then,
 * also when it was sent late because the sender had to wait.
 */
export class OpenLoop {
  sent = 0;
  #next = 0;
  #stopped = false;

  constructor(publishers, deliveries, rate) {
    this.publishers = publishers;
    this.deliveries = deliveries;
    this.rate = rate;
  }

  async run(seconds) {
    const began = performance.now();
    const total = Math.floor(this.rate * seconds);
    while (this.sent < total && !this.#stopped) {
      const now = performance.now();
      const due = Math.min(total, Math.floor(((now - began) / 1000) * this.rate) + 1);
      let waiting = 0;
      while (this.sent < due && waiting < this.publishers.length)
        waiting = this.#sendOne(began, due) ? 0 : waiting + 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  stop() {
    this.#stopped = true;
  }

  pump() {}

  #sendOne(began, due) {
    const publisher = this.publishers[this.#next];
    this.#next = (this.#next + 1) % this.publishers.length;
    const time = began + (this.sent / this.rate) * 1000;
    const from = publisher.sent;
    const count = publisher.send(Math.min(OPEN_BURST, due - this.sent), time);
    if (this.deliveries !== undefined)
      for (let i = 0; i < count; i++)
        this.deliveries.sent(publisher.ring[(from + i) % publisher.ring.length].device, time);
    this.sent += count;
    return count > 0;
  }
}

function delivered(sinks) {
  let least = Infinity;
  for (const { received } of sinks) if (received < least) least = received;
  return least;
}
