export * from './catalogue.js';
export * from './histogram.js';
export * from './metric.js';
export * from './stall-watch.js';
export * from './tally.js';
