import type { CodecFactory } from '#model';
import type { OntologyHub } from '#semantics';
import type { ExpressionWorker } from './expressions/index.js';

/** What a mapping document is checked against and evaluated with. */
export interface MappingEnvironment {
  readonly hub: OntologyHub;
  readonly codecs: readonly CodecFactory[];
  readonly worker: ExpressionWorker;
}
