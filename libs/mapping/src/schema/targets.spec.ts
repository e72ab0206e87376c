import type { Rule } from '../rules/rule.js';
import { Unfit } from '../rules/typed-value.js';
import { Targets, type Held } from './targets.js';

/** Maps that are made meanwhile. */
function mapsOf(act: () => void): number {
  const { Map: original } = globalThis;
  let made = 0;
  globalThis.Map = class<K, V> extends original<K, V> {
    constructor(entries?: Iterable<readonly [K, V]>) {
      super(entries);
      made++;
    }
  } as MapConstructor;
  try {
    act();
  } finally {
    globalThis.Map = original;
  }
  return made;
}

const rule = { parts: { name: 't', property: { term: 'AirTemperature' } } } as unknown as Rule;

describe('targets', () => {
  it('are one for a device and a feature', () => {
    const targets = new Targets(rule);
    const made = [targets.of('d', undefined), targets.of('d', 'home'), targets.of('e', 'home')];
    expect(made).toMatchObject([
      { device: 'd', feature: undefined },
      { device: 'd', feature: 'home' },
      { device: 'e', feature: 'home' },
    ]);
    expect(targets.of('d', 'home')).toBe(made[1]);
  });

  it('need no map for one, and are found again where they are many', () => {
    const held: Held = { bytes: 0 };
    let targets!: Targets;
    const one = () => targets.of('d', undefined);
    const other = () => targets.of('e', 'home');
    expect(
      mapsOf(() => {
        targets = new Targets(rule, held);
        expect(one()).toBe(one());
      }),
    ).toBe(0);
    const first = held.bytes;
    expect(first).toBeGreaterThan(100);
    const [made, second] = [one(), other()];
    expect([one(), other(), one()]).toEqual([made, second, made]);
    expect([one() === made, other() === second]).toEqual([true, true]);
    expect(held.bytes).toBeGreaterThan(2 * first);
  });

  it('are refused without reading all of a long text', () => {
    const targets = new Targets(rule);
    const long = 'x'.repeat(900_000);
    const from = process.cpuUsage();
    for (let i = 0; i < 1000; i++) {
      expect(targets.of(`${long}-${i}`, undefined)).toMatchObject({ code: 'device-invalid' });
      expect(targets.of('d', `${long}-${i}`)).toMatchObject({ code: 'feature-invalid' });
    }
    expect(process.cpuUsage(from).user).toBeLessThan(1_000_000);
  });

  it.each([
    ['a long id', 'x'.repeat(1 << 20), undefined, 'device-invalid'],
    ['an unusable id', 'a\n', undefined, 'device-invalid'],
    ['a long path', 'd', 'y'.repeat(1 << 20), 'feature-invalid'],
    ['an unusable path', 'd', '/', 'feature-invalid'],
  ])('are not remembered for %s', (_what, device, feature, code) => {
    const targets = new Targets(rule);
    const first = targets.of(device, feature);
    expect(first).toMatchObject({ code });
    expect(first).toBeInstanceOf(Unfit);
    // One that was remembered would be the same.
    expect(targets.of(device, feature)).not.toBe(first);
  });
});
