import type { Rule } from '../rules/rule.js';
import { Unfit } from '../rules/typed-value.js';
import { Targets } from './targets.js';

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
