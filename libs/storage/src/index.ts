export * from './observations/index.js';
