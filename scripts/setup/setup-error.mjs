/** A step of set-up that cannot be done; the message says what is missing and the way out. */
export class SetupError extends Error {
  name = 'SetupError';
}
