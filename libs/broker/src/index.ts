export * from './broker.js';
export * from './upstream/upstream.js';
