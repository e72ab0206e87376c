export * from './control/index.js';
export * from './observations/index.js';
export * from './sqlite-file/folder-lock.js';
