import { RefusalLog } from './refusal-log.js';

describe('RefusalLog', () => {
  it('tells the first at once and counts the others, by client and kind', () => {
    const lines: [object, string][] = [];
    const log = new RefusalLog({ info: (fields, message) => lines.push([fields, message]) });
    for (let i = 0; i < 2000; i++) log.say('c1', { client: 'c1', topic: `t/${i}` }, 'publish refused');
    log.say('c2', { client: 'c2' }, 'publish refused');
    log.say('c1', { client: 'c1' }, 'sign-in refused');
    expect(lines).toEqual([
      [{ client: 'c1', topic: 't/0' }, 'publish refused'],
      [{ client: 'c2' }, 'publish refused'],
      [{ client: 'c1' }, 'sign-in refused'],
    ]);
    lines.splice(0);
    log.flush();
    expect(lines).toEqual([[{ client: 'c1', topic: 't/0', times: 1999 }, 'publish refused, again']]);
    lines.splice(0);
    log.close();
    expect(lines).toEqual([]);
    log.say('c1', { client: 'c1' }, 'publish refused');
    expect(lines).toHaveLength(1);
  });

  it('keeps a bounded number of clients apart', () => {
    let lines = 0;
    const log = new RefusalLog({ info: () => lines++ });
    for (let i = 0; i < 5000; i++) log.say(`c${i}`, {}, 'sign-in refused');
    expect(lines).toBe(5000);
    log.close();
    expect(lines).toBe(5000);
  });
});
