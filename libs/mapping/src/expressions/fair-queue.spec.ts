import { FairQueue } from './fair-queue.js';

describe('a fair queue', () => {
  const drain = (queue: FairQueue<string>) => {
    const all: string[] = [];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) all.push(item);
    return all;
  };

  it('lets keys take turns, each in its own order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.push(item[0]!, item);
    expect(queue.shift()).toBe('a1');
    queue.push('d', 'd1');
    expect(drain(queue)).toEqual(['b1', 'c1', 'a2', 'd1', 'c2', 'a3']);
    queue.push('a', 'a4');
    expect(drain(queue)).toEqual(['a4']);
  });

  it('is emptied at once', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'b1', 'a2']) queue.push(item[0]!, item);
    expect(queue.clear().sort()).toEqual(['a1', 'a2', 'b1']);
    expect(queue.shift()).toBeUndefined();
  });
});
