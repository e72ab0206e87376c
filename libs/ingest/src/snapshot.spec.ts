import { Snapshot } from './snapshot.js';

describe('routes', () => {
  const snapshot = new Snapshot([], (schema, version) => ({ id: 1, schema, version }));

  it('are remembered for topics of a usual length', () => {
    expect(snapshot.route('a/b')).toBe(snapshot.route('a/b'));
    expect(snapshot.remembered).toBe(1);
  });

  it('are not for long ones, which would fill the memory', () => {
    const before = snapshot.remembered;
    for (let i = 0; i < 100; i++) snapshot.route(`${i}/${'x'.repeat(65_000)}`);
    expect(snapshot.remembered).toBe(before);
    expect(snapshot.route('x'.repeat(65_000)).candidates).toEqual([]);
  });
});
