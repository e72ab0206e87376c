export * from './memory/memory-observation-store.js';
export * from './sqlite/sqlite-observation-store.js';
export * from './store-logger.js';
