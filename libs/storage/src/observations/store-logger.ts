/** Where a store reports what an operator should know; pino fits. */
export interface StoreLogger {
  info(message: string): void;
  error(message: string): void;
}
