export * from './account-registry.js';
export * from './device-registry.js';
export * from './observations/explain.js';
export * from './observations/plan.js';
export * from './observations/queries.js';
export * from './observations/windows.js';
export * from './replay.js';
export * from './schema-registry.js';
