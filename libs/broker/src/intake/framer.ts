/**
 * Takes one packet: its first byte, the bytes that hold it, where it starts, where its variable header begins and where
 * it ends. Answers false to be given no more until {@link Framer.resume}.
 */
export type TakePacket = (first: number, bytes: Buffer, start: number, body: number, end: number) => boolean;

/** The most bytes that write a remaining length (MQTT 3.1.1, 2.2.3). */
const LENGTH_BYTES = 4;

/** Cuts a stream of bytes into MQTT packets by their fixed headers, without copying those that came whole. */
export class Framer {
  /** The beginning of a packet that is not whole yet. */
  #parts: Buffer[] = [];
  /** How many bytes are missing to go on. */
  #missing = 0;
  /** What came behind a packet after which nothing was wanted. */
  #rest: Buffer | undefined;

  /**
   * @param limit answers how many bytes a packet may have
   * @param fault hears why the stream is no MQTT; nothing is taken afterwards
   */
  constructor(
    private readonly take: TakePacket,
    private readonly limit: () => number,
    private readonly fault: (reason: string) => void,
  ) {}

  /** Whether bytes wait for {@link resume}. */
  get paused(): boolean {
    return this.#rest !== undefined;
  }

  push(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#parts.push(chunk);
      this.#missing -= chunk.length;
      if (this.#missing > 0) return;
      chunk = Buffer.concat(this.#parts);
      this.#parts = [];
      this.#missing = 0;
    }
    let at = 0;
    while (at < chunk.length) {
      let length = 0;
      let scale = 1;
      let body = at + 1;
      let byte = 128;
      while (byte > 127 && body < chunk.length && body <= at + LENGTH_BYTES) {
        byte = chunk[body++]!;
        length += (byte & 127) * scale;
        scale *= 128;
      }
      if (byte > 127) {
        if (body > at + LENGTH_BYTES) this.fault('the remaining length has more than four bytes');
        else this.#keep(chunk, at, 1);
        return;
      }
      if (length > this.limit()) {
        this.fault(`a packet of ${length} bytes is too large`);
        return;
      }
      const end = body + length;
      if (end > chunk.length) {
        this.#keep(chunk, at, end - chunk.length);
        return;
      }
      if (!this.take(chunk[at]!, chunk, at, body, end)) {
        this.#rest = chunk.subarray(end);
        return;
      }
      at = end;
    }
  }

  /** Goes on with what came meanwhile. */
  resume(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest && rest.length > 0) this.push(rest);
  }

  #keep(chunk: Buffer, at: number, missing: number): void {
    this.#parts.push(at === 0 ? chunk : chunk.subarray(at));
    this.#missing = missing;
  }
}
