const MASK_DELTA = 0xa282ead8;

/** Reads what LevelDB's files are made of, one after the other. @throws RangeError at the end of the bytes */
export class Reader {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  /** Seven bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  /** The next bytes, as a number, the lowest byte first. */
  number(bytes: number): number {
    this.at += bytes;
    return this.bytes.readUIntLE(this.at - bytes, bytes);
  }
}

/** Of each byte, what it makes of a checksum by Castagnoli's polynomial. */
const CRC32C = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/** The checksum of the bytes from `at` to `end`, after others that have the checksum `before`. */
export function crc32c(bytes: Buffer, at: number, end: number, before = 0): number {
  let crc = ~before;
  for (let i = at; i < end; i++) crc = (crc >>> 8) ^ CRC32C[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/** As LevelDB keeps a checksum. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
