export * from './device-table.js';
export * from './ingest.js';
export * from './outcome.js';
export * from './refusals.js';
export * from './series-table.js';
export * from './snapshot.js';
export { Suspensions, type SuspensionNotice } from './suspension.js';
