import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteObservationStore, type SqliteStoreOptions } from '#storage';
import type { MakeStore } from './observation-store-fixtures.js';

/** A store in two files of its own, whose rows leave the head as told. */
export function makeSqlite(merging: SqliteStoreOptions['merging'] = {}): MakeStore {
  return async () => {
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
  };
}
