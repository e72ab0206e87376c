import fc from 'fast-check';
import { compileFilter } from '#access';
import { Emitter } from './emitter.js';

const { jest } = import.meta;
type Listener = Parameters<Emitter['on']>[1];

/** A listener that notes what it hears and is done at once. */
function listener(heard: string[], name = ''): Listener {
  return ({ topic }, done) => {
    heard.push(name + topic);
    done();
  };
}

describe('Emitter', () => {
  let emitter: Emitter;
  let heard: string[];
  beforeEach(() => {
    emitter = new Emitter();
    heard = [];
  });

  it('delivers to those whose filter fits, at once', () => {
    emitter.on('a/+', listener(heard, '1:')).on('a/#', listener(heard, '2:')).on('b', listener(heard, '3:'));
    emitter.emit({ topic: 'a/x' });
    expect(heard.sort()).toEqual(['1:a/x', '2:a/x']);
  });

  it('matches filters as MQTT does', () => {
    const level = fc.constantFrom('a', 'b', '');
    const topic = fc
      .array(level, { minLength: 1, maxLength: 4 })
      .map((levels) => levels.join('/'))
      .filter((text) => text !== '');
    const filter = fc
      .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
      .filter((text) => text !== '');
    fc.assert(
      fc.property(
        fc.array(filter, { maxLength: 5 }),
        fc.array(topic, { maxLength: 5 }),
        (filters, topics) => {
          const one = new Emitter();
          const found: string[] = [];
          for (const [i, each] of filters.entries()) one.on(each, listener(found, `${i} `));
          for (const each of topics) {
            found.length = 0;
            one.emit({ topic: each });
            expect([...found].sort()).toEqual(
              filters.flatMap((each2, i) => (compileFilter(each2)(each) ? [`${i} ${each}`] : [])).sort(),
            );
          }
        },
      ),
    );
  });

  it('forgets what it knew of a topic when someone comes or goes', () => {
    const one = listener(heard, '1:');
    const other = listener(heard, '2:');
    emitter.on('a', one);
    emitter.emit({ topic: 'a' });
    emitter.on('+', other);
    emitter.emit({ topic: 'a' });
    emitter.removeListener('a', one);
    emitter.emit({ topic: 'a' });
    emitter.removeAllListeners('+');
    emitter.emit({ topic: 'a' });
    expect(heard).toEqual(['1:a', '1:a', '2:a', '2:a']);
  });

  it('delivers on the longest topics', () => {
    const topic = `a/${'x'.repeat(60_000)}`;
    const one = listener([]);
    emitter.on('a/+', listener(heard)).on('a/#', one);
    emitter.emit({ topic }).removeListener('a/#', one).emit({ topic });
    expect(heard).toEqual([topic, topic]);
  });

  it('removes the one listener that is named', () => {
    const one = listener(heard, '1:');
    emitter.on('a', one).on('a', listener(heard, '2:')).on('b', one);
    emitter.removeListener('a', one).removeListener('a', one).removeListener('never', one);
    emitter.emit({ topic: 'a' }).emit({ topic: 'b' });
    expect(heard).toEqual(['2:a', '1:b']);
  });

  it('is done at once, though a listener never is', () => {
    const order: string[] = [];
    emitter.on('a', () => order.push('1')).on('+', () => order.push('2'));
    emitter.emit({ topic: 'a' }, () => order.push('done'));
    expect(order.sort()).toEqual(['1', '2', 'done']);
    emitter.emit({ topic: 'no/body' }, () => order.push('done'));
    expect(order).toEqual(['1', '2', 'done', 'done']);
  });

  it('delivers to many, and from within a delivery, without a queue and without a deep stack', () => {
    let count = 0;
    for (let i = 0; i < 20_000; i++) emitter.on('a', (_, done) => (count++, done()));
    emitter.emit({ topic: 'a' });
    expect(count).toBe(20_000);
    emitter.on('chain', ({ topic }, done) => {
      heard.push(topic);
      if (heard.length < 500) emitter.emit({ topic: 'chain' });
      done();
    });
    emitter.emit({ topic: 'chain' });
    expect(heard).toHaveLength(500);
    // the load under which a draining queue recursed
    for (let i = 0; i < 10_500; i++) emitter.emit({ topic: `topic/${i}` }, () => count--);
    expect(count).toBe(20_000 - 10_500);
  });

  it('finishes a delivery with those who were there when it began', () => {
    const late = listener(heard, 'late:');
    emitter.on('a', (_, done) => {
      emitter.on('a', late);
      done();
    });
    emitter.emit({ topic: 'a' });
    expect(heard).toEqual([]);
    emitter.emit({ topic: 'a' });
    expect(heard).toEqual(['late:a']);
  });

  it('delivers to all of them, though one goes at the first message', () => {
    const done = jest.fn();
    const once: Listener = (_, release) => {
      emitter.removeListener('a', once);
      release();
    };
    emitter.on('a', once).on('a', listener(heard, '2:')).on('a', listener(heard, '3:'));
    emitter.emit({ topic: 'a' }, done);
    expect(heard).toEqual(['2:a', '3:a']);
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('tells when a listener is added or removed', async () => {
    const one = listener(heard);
    await new Promise<void>((resolve) => emitter.on('a', one, resolve));
    await new Promise<void>((resolve) => emitter.removeListener('a', one, resolve));
    await new Promise<void>((resolve) => emitter.removeAllListeners('a', resolve));
    expect(emitter.current).toBe(0);
  });

  it('delivers nothing more when it is closed', async () => {
    emitter.on('a', listener(heard));
    await new Promise<void>((resolve) => emitter.close(resolve));
    const done = jest.fn();
    emitter.emit({ topic: 'a' }, done);
    expect(done).toHaveBeenCalledWith(expect.any(Error));
    expect(heard).toEqual([]);
  });
});
