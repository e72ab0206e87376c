export * from './broker.js';
export * from './upstream.js';
