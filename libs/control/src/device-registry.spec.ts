import { AccountPolicy } from '#access';
import { DeviceTable, SeriesTable, type Ingest } from '#ingest';
import type { Device } from '#model';
import { MemoryObservationStore, type ControlStore } from '#storage';
import { DeviceRegistry } from './device-registry.js';

/** A store whose deletions take longer than what comes after them. */
function slowStore() {
  const kept = new Map<string, Device>();
  const later = () => new Promise((resolve) => setTimeout(resolve, 20));
  const devices = {
    get: async (id: string) => kept.get(id),
    put: async (device: Device) => void kept.set(device.id, device),
    delete: async (id: string) => {
      const known = kept.delete(id);
      await later();
      return known;
    },
  };
  return { kept, store: { devices } as unknown as ControlStore };
}

describe('devices', () => {
  const { kept, store } = slowStore();
  const table = new DeviceTable(10);
  const series = new SeriesTable({ series: [], schemas: [], nextSeries: 1, latest: [] });
  const registry = new DeviceRegistry(store, new MemoryObservationStore(), table, series, () => undefined);
  const policy = new AccountPolicy({ username: 'admin', roles: ['admin'], rules: [], onDeny: 'ignore' });
  const ingest = { snapshot: { forgetRoutes: () => undefined } } as unknown as Ingest;

  it('change one after the other: what is stored is what the data plane knows', async () => {
    await registry.put('d', { feature: 'first' }, policy, ingest);
    const [, put] = await Promise.all([
      registry.remove('d', false, policy, ingest),
      registry.put('d', { feature: 'second' }, policy, ingest),
    ]);
    expect(put.created).toBe(true);
    expect(kept.get('d')?.feature).toBe('second');
    expect(table.get('d')?.feature).toBe('second');
  });

  it('are new once', async () => {
    const puts = await Promise.all([
      registry.put('e', {}, policy, ingest),
      registry.put('e', {}, policy, ingest),
    ]);
    expect(puts.map(({ created }) => created)).toEqual([true, false]);
  });

  it('of other names do not wait', async () => {
    const order: string[] = [];
    await Promise.all([
      registry.remove('d', false, policy, ingest).then(() => order.push('d')),
      registry.put('f', {}, policy, ingest).then(() => order.push('f')),
    ]);
    expect(order).toEqual(['f', 'd']);
  });
});
