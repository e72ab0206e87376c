export * from './app.js';
export * from './auth/anonymous.js';
export * from './query/pages.js';
export * from './system/health.js';
export { MetricsSource } from './system/metrics/metrics.controller.js';
export * from './system/backup.controller.js';
