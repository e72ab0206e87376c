import { observationStoreContract } from './observation-store.js';
import { makeSqlite } from './observation-store-sqlite.js';

observationStoreContract('sqlite, what is written', makeSqlite(), ['identity', 'ledger']);
