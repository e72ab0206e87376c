export * from './control/index.js';
export * from './observations/index.js';
