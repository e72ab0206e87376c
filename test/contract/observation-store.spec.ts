import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryObservationStore, SqliteObservationStore } from '#storage';
import { observationStoreContract } from './observation-store.js';

observationStoreContract('memory', async () => {
  const store = new MemoryObservationStore();
  await store.open();
  return {
    store,
    reopen: async () => ({ store, contents: await store.open() }),
    runs: 60,
    cleanup: () => store.close(),
  };
});

/** With rows that stay in the head, and with rows that are on their way out of it all the time. */
for (const [name, merging] of [
  ['', {}],
  [', merged after each batch', { rows: 1 }],
] as const) {
  observationStoreContract(`sqlite${name}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'glossa-store-'));
    const make = () => new SqliteObservationStore({ directory, durability: 'os', merging });
    let store = make();
    await store.open();
    return {
      store,
      reopen: async () => {
        await store.close();
        store = make();
        return { store, contents: await store.open() };
      },
      runs: 8,
      cleanup: async () => {
        await store.close();
        await rm(directory, { recursive: true });
      },
    };
  });
}
