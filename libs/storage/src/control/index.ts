export * from './control-store.js';
export type { Page, PageRequest } from './page.js';
export type { PropertyRecord } from './properties.js';
export type { SavedSchema } from './schemas.js';
export type { TokenRecord } from './tokens.js';
