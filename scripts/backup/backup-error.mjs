/** Why no backup was made, and the way out. */
export class BackupError extends Error {
  name = 'BackupError';
}
