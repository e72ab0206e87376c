import { GlossaError } from '#model';

const MAX_DEPTH = 100;

/** Parses a JSON body; an empty one is undefined, one nested too deep is refused before anything walks it. */
export function parseJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  if (text.trim() === '') {
    done(null, undefined);
    return;
  }
  if (depthOf(text) > MAX_DEPTH) {
    done(new GlossaError('body-not-json', `the body is nested deeper than ${MAX_DEPTH} levels`));
    return;
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    done(new GlossaError('body-not-json', `the body is not JSON: ${(error as Error).message}`));
    return;
  }
  done(null, body);
}

/** Deepest nesting of arrays and objects, without recursion. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}
