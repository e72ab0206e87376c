const SLASH = 0x2f;
const ZERO = 0x30;
/** Messages of one device that may be under way when latencies are measured; a power of two. */
const UNDER_WAY = 1024;

/**
 * From the intended send time of a raw message to the arrival of each observation that it became. A device's messages
 * stay in order, so its n-th observation belongs to its message n / observations.
 */
export class Deliveries {
  #sent;
  #heard;
  #times;
  now = 0;

  /** @param devices named device-0, device-1, ... in the topics */
  constructor(histogram, devices, observations) {
    this.histogram = histogram;
    this.observations = observations;
    this.#sent = new Uint32Array(devices);
    this.#heard = new Uint32Array(devices);
    this.#times = new Float64Array(devices * UNDER_WAY);
  }

  /** A message of a device was due at `time`. */
  sent(device, time) {
    const n = this.#sent[device]++;
    if (n - this.#heard[device] / this.observations >= UNDER_WAY)
      throw new Error(`more than ${UNDER_WAY} messages of device-${device} are under way`);
    this.#times[device * UNDER_WAY + (n & (UNDER_WAY - 1))] = time;
  }

  /** A PUBLISH whose variable header, its topic, starts at `start`: semantic/{kind}/{property}/device-{n}/... */
  heard(buffer, start) {
    let at = start + 2;
    for (let level = 0; level < 3; at++) if (buffer[at] === SLASH) level++;
    let device = 0;
    for (at += 7; buffer[at] !== SLASH; at++) device = device * 10 + buffer[at] - ZERO;
    const n = Math.floor(this.#heard[device]++ / this.observations);
    this.histogram.add(this.now - this.#times[device * UNDER_WAY + (n & (UNDER_WAY - 1))]);
  }
}
