export type { Variables } from './closure.js';
export { compileExpression, type Expression, type ExpressionProblem } from './expression.js';
export { ExpressionError } from './expression-error.js';
export {
  ExpressionWorker,
  type Asker,
  type ExpressionJob,
  type ExpressionResult,
} from './expression-worker.js';
