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

  it('tells of a bounded number of clients a minute, and counts the others', () => {
    const lines: [object, string][] = [];
    const log = new RefusalLog({ info: (fields, message) => lines.push([fields, message]) });
    for (let i = 0; i < 5000; i++) log.say(`c${i}`, {}, 'sign-in refused');
    log.say('c', {}, 'publish refused');
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toEqual([{}, 'publish refused']);
    lines.splice(0);
    log.flush();
    expect(lines).toEqual([[{ times: 4900 }, 'sign-in refused, of others']]);
    log.say('c4999', {}, 'sign-in refused');
    expect(lines).toHaveLength(2);
    log.close();
    expect(lines).toHaveLength(2);
  });

  it('remembers a bounded number of clients that never stop', () => {
    let lines = 0;
    const log = new RefusalLog({ info: () => lines++ });
    for (let minute = 0; minute < 30; minute++) {
      for (let i = 0; i < 3000; i++) log.say(`c${i}`, {}, 'sign-in refused');
      log.flush();
    }
    // At most 1,000 counts and the others in one line, and 100 new ones a minute.
    expect(lines).toBeLessThan(30 * 1101);
    const before = lines;
    log.close();
    // Those that were told as counts are known until they say nothing for a minute.
    expect(lines - before).toBe(0);
  });
});
