import { MemoryObservationStore } from '#storage';
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
