export * from './app.js';
export * from './query/pages.js';
export * from './system/health.controller.js';
export * from './system/backup.controller.js';
