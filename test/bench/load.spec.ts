import fc from 'fast-check';
import { generate } from 'mqtt-packet';

interface Walker {
  packet: (first: number, buffer: Buffer, start: number, end: number) => void;
  push: (buffer: Buffer, size: number) => void;
}

interface Summary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

// Programs of their own, and no part of what is compiled.
const from = async (file: string) =>
  (await import(new URL(file, import.meta.url).href)) as Record<string, never>;
const { PacketWalker } = (await from('./packets.mjs')) as unknown as { PacketWalker: new () => Walker };
const { Histogram } = (await from('./histogram.mjs')) as unknown as {
  Histogram: new () => { add: (ms: number) => void; summary: () => Summary };
};
const { Deliveries } = (await from('./load/deliveries.mjs')) as unknown as {
  Deliveries: new (
    histogram: { add: (ms: number) => void },
    devices: number,
    observations: number,
  ) => {
    now: number;
    sent: (device: number, time: number) => void;
    heard: (b: Buffer, start: number) => void;
  };
};
const { troughs } = (await from('./troughs.mjs')) as unknown as {
  troughs: (points: [number, number][], minutes: number) => { least: number[]; growth: number };
};

describe('the walk over packets', () => {
  it('finds each packet whatever the pieces in which it comes', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 });
    fc.assert(
      fc.property(sizes, cuts, (lengths, pieces) => {
        const packets = lengths.map((length, i) =>
          generate({
            cmd: 'publish',
            topic: `a/${i}`,
            payload: Buffer.alloc(length, i),
            qos: 0,
            dup: false,
            retain: false,
          }),
        );
        const found: Buffer[] = [];
        const heads = new Set<number>();
        const walker = new PacketWalker();
        walker.packet = (first, buffer, start, end) => {
          heads.add(first);
          found.push(Buffer.from(buffer.subarray(start, end)));
        };
        const bytes = Buffer.concat(packets);
        // One buffer for all reads, as the sockets of the load have.
        const shared = Buffer.alloc(9000);
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = bytes.copy(shared, 0, at, at + pieces[i % pieces.length]!);
          walker.push(shared, size);
          at += size;
        }
        const bodies = packets.map((packet, i) => packet.subarray(packet.length - lengths[i]! - 5));
        expect([...heads]).toEqual([0x30]);
        expect(found.map(({ length }) => length)).toEqual(bodies.map(({ length }) => length));
        expect(Buffer.concat(found).equals(Buffer.concat(bodies))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the histogram', () => {
  it('tells quantiles to one per cent', () => {
    const histogram = new Histogram();
    for (let i = 1; i <= 100_000; i++) histogram.add(i / 100);
    const { count, p50, p99 } = histogram.summary();
    expect(count).toBe(100_000);
    expect(Math.abs(p50 / 500 - 1)).toBeLessThan(0.01);
    expect(Math.abs(p99 / 990 - 1)).toBeLessThan(0.01);
  });
});

describe('the latency of a delivery', () => {
  it('counts from when the message was due from which it came, device by device', () => {
    const found: number[] = [];
    const deliveries = new Deliveries({ add: (ms) => found.push(ms) }, 20, 2);
    const hear = (device: number, now: number) => {
      deliveries.now = now;
      const topic = `semantic/Temperature/AirTemperature/device-${device}/t/site/hall`;
      deliveries.heard(Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]), 0);
    };
    deliveries.sent(3, 100);
    deliveries.sent(12, 110);
    deliveries.sent(3, 120);
    hear(12, 130);
    hear(3, 131);
    hear(3, 132);
    hear(3, 133);
    hear(12, 134);
    expect(found).toEqual([20, 31, 32, 13, 24]);
  });
});

describe('memory over an hour', () => {
  const minutes = 60;
  const hour = (value: (minute: number) => number) =>
    troughs(
      Array.from({ length: minutes * 6 }, (_, i): [number, number] => [i / 6, value(i / 6)]),
      minutes,
    );

  it('that goes up and down is flat, wherever the hour ends', () => {
    expect(hour((minute) => 250 + ((minute + 13) % 19))).toEqual({ least: [250, 250, 250], growth: 0 });
  });

  it('grows by what its least does after the warm-up', () => {
    const { least, growth } = hour((minute) => (minute < 20 ? 0 : 250 + minute / 10 + (minute % 10)));
    expect(least).toEqual([0, 252, 254]);
    expect(growth).toBeCloseTo(6);
  });
});
