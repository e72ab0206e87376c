import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Client } from 'aedes';
import type { ObservationRenderer } from '#semantics';
import { SessionStore } from '../sessions/session-store.js';
import { Fanout } from './fanout.js';

const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const client = { clean: true } as unknown as Client;

function fanout(...filters: [filter: string, qos: 0 | 1 | 2][]): Fanout {
  const made = new Fanout({
    renderer: {} as unknown as ObservationRenderer,
    sessions: new SessionStore(),
    stamp: () => ({ brokerId: '', brokerCounter: 0 }),
    policyOf: () => undefined,
    onDrop: () => undefined,
  });
  for (const [filter, qos] of filters) made.subscribe(client, filter, qos);
  return made;
}

describe('the QoS granted for a topic', () => {
  it('is the highest of the filters that fit, also of topics that are not remembered', () => {
    const made = fanout(['a/#', 1], ['a/+/c', 2], ['#', 0]);
    const long = 'x'.repeat(60_000);
    for (let i = 0; i < 2; i++) {
      for (const b of ['b', long]) {
        expect(made.grantedQos(client, `a/${b}`)).toBe(1);
        expect(made.grantedQos(client, `a/${b}/c`)).toBe(2);
        expect(made.grantedQos(client, `${b}/c`)).toBe(0);
      }
    }
  });

  it('is remembered in a few MiB, however long the topics are', () => {
    const made = fanout(['a/#', 1]);
    const padding = Buffer.alloc(60_000, 'x');
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 400; i++)
      expect(made.grantedQos(client, Buffer.concat([Buffer.from(`a/${i}/`), padding]).toString())).toBe(1);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * MIB);
    expect(made.grantedQos(client, 'a/b')).toBe(1);
  });
});
