import type { CodecFactory } from '#model';
import { json } from './json/json.codec.js';
import { text } from './text/text.codec.js';

/** Every codec: a folder and a line. */
export const CODECS: readonly CodecFactory[] = [json, text];
