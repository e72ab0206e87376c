export * from './account.js';
export * from './credentials.js';
export * from './directory.js';
export * from './permissions.js';
export * from './policy.js';
export * from './topic-filter.js';
