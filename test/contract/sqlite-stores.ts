import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteObservationStore, type SqliteStoreOptions } from '#storage';

/**
 * A throw-away folder for each case of a spec file, and the stores that the case makes, there unless their options say
 * otherwise. After the case they are closed, and the folder goes.
 */
export function sqliteStores() {
  let directory: string;
  let stores: SqliteObservationStore[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'glossa-store-'));
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await rm(directory, { recursive: true });
  });

  const make = (options: Partial<SqliteStoreOptions> = {}): SqliteObservationStore => {
    const store = new SqliteObservationStore({ directory, durability: 'os', ...options });
    stores.push(store);
    return store;
  };
  return {
    make,
    opened: async (options: Partial<SqliteStoreOptions> = {}): Promise<SqliteObservationStore> => {
      const store = make(options);
      await store.open();
      return store;
    },
    directory: () => directory,
    body: () => join(directory, 'observations.db'),
    head: () => join(directory, 'head.db'),
  };
}
