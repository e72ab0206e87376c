import { MICROS_BYTES, writeMicros } from '#model';

/** A time as ASCII, made once while it is asked for again: neighbours have one time mostly. */
export class TimeText {
  readonly #buffer = new Uint8Array(MICROS_BYTES);
  #time = Number.NaN;
  #text = this.#buffer;

  of(time: number): Uint8Array {
    if (time !== this.#time) {
      const length = writeMicros(this.#buffer, 0, time);
      this.#time = time;
      if (length !== this.#text.length) this.#text = this.#buffer.subarray(0, length);
    }
    return this.#text;
  }
}

/** Writes ASCII at a place; answers where it ends. */
export function writeAscii(target: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) target[at + i] = text.charCodeAt(i);
  return at + text.length;
}
