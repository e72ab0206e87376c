export * from './units/index.js';
