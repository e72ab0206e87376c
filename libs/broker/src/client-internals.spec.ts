import type { Client } from 'aedes';
import { nextPacketId, skipPacketIds } from './client-internals.js';

const clientAt = (next: number) => ({ _nextId: next }) as unknown as Client;
const ids = (client: Client, count: number) => Array.from({ length: count }, () => nextPacketId(client));

describe('packet ids', () => {
  it('go round, and are never 0', () => {
    expect(ids(clientAt(65_533), 5)).toEqual([65_533, 65_534, 65_535, 1, 2]);
  });

  it('leave out those that wait for an acknowledgement', () => {
    const inUse = new Set([1, 2, 65_534, 4]);
    const client = clientAt(65_533);
    skipPacketIds(client, (id) => inUse.has(id));
    expect(ids(client, 4)).toEqual([65_533, 65_535, 3, 5]);
    inUse.add(6);
    inUse.delete(1);
    expect(ids(client, 1)).toEqual([7]);
  });

  it('come to an end of looking where every one is in use', () => {
    const client = clientAt(10);
    skipPacketIds(client, () => true);
    expect(ids(client, 1)[0]).toBeGreaterThan(0);
  });
});
