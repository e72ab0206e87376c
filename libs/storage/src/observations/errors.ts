import { GlossaError } from '#model';

/** The error of what comes after the store was closed, or could not be written before. */
export function closedError(): GlossaError {
  return new GlossaError('unavailable', 'The observation store is closed: this was not stored.');
}

/** The error of a replay whose dead letter was replayed or pruned already; nothing was counted. */
export function goneError(letter: number): GlossaError {
  return new GlossaError(
    'not-found',
    `The dead letter ${letter} is not there any more: it ran again already, or its time was over.`,
  );
}

/** The error of a message that cannot be written, whatever the disk; nothing of it is stored or counted. */
export function failedError(reason = 'the log of the gateway may tell why'): GlossaError {
  return new GlossaError(
    'unavailable',
    `This message cannot be written, and nothing of it is stored (${reason}). Send less in one message.`,
  );
}
