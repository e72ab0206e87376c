import { observationStoreContract } from './observation-store.js';
import { makeSqlite } from './observation-store-sqlite.js';

// Rows are on their way out of the head all the time. Formats and the ledger do not ask where a row is.
observationStoreContract('sqlite, merged after each batch', makeSqlite({ rows: 1 }), [
  'identity',
  'pages',
  'aggregate',
  'removal',
]);
