import { Readable } from 'node:stream';

/** Characters made in one turn of the event loop. */
const TURN = 64 * 1024;

/** A body whose text is made while it is sent, so that no answer holds up what else there is to do. */
export function inTurns(parts: Iterable<string>): Readable {
  return Readable.from(turns(parts), { objectMode: false });
}

async function* turns(parts: Iterable<string>): AsyncGenerator<string> {
  let text = '';
  for (const part of parts) {
    text += part;
    if (text.length < TURN) continue;
    yield text;
    text = '';
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (text !== '') yield text;
}
