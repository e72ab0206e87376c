import { once } from './serve-docs.js';

describe('what is made when it is first asked for', () => {
  it('is made once, and made again only when it failed', async () => {
    let makes = 0;
    const ask = once(async () => {
      if (++makes === 1) throw new Error('out of file handles');
      return makes;
    });
    await expect(ask()).rejects.toThrow('out of file handles');
    expect(await Promise.all([ask(), ask()])).toEqual([2, 2]);
    expect(await ask()).toBe(2);
  });
});
