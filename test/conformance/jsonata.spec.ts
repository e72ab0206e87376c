import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { compileExpression, ExpressionError } from '../../libs/mapping/src/expressions/index.js';
import { expressions, payloads } from './jsonata-grammar.js';

/** What an evaluation comes to: a value of plain data, or JSONata's code of the error. */
type Outcome = { readonly value: unknown } | { readonly error: string };

const TOPIC = { device: 'd1', room: 'kitchen' };
/** More by hand: GLOSSA_RUNS=200000. */
const RUNS = Number(process.env.GLOSSA_RUNS ?? 2500);

/** Arrays without the marks that jsonata, and the compiler, put on sequences. */
function plain(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return Array.from(value as unknown[], plain);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

async function interpreted(source: string, input: unknown): Promise<Outcome> {
  try {
    return { value: plain(await jsonata(source).evaluate(input, { topic: TOPIC, payload: input })) };
  } catch (error) {
    return { error: (error as { code?: string }).code ?? 'unknown' };
  }
}

/** Undefined where the expression is the worker's. */
function compiled(source: string, input: unknown): Outcome | undefined {
  const result = compileExpression(source);
  if (!result.ok) throw new Error(`${source}: ${result.error.message}`);
  const { expression } = result;
  if (expression.mode === 'worker') return undefined;
  try {
    return { value: plain(expression.evaluate(input, { topic: TOPIC, payload: input })) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { error: error.jsonata ?? 'unknown' };
  }
}

describe('compiled expressions', () => {
  it('come to what jsonata comes to, values and errors', async () => {
    const seen = { compiled: 0, worker: 0, values: 0, nothing: 0, errors: 0 };
    await fc.assert(
      fc.asyncProperty(expressions, payloads, async (source, input) => {
        // `$x` stands in paths whether it is bound or not.
        const whole = `($x := a; ${source})`;
        const found = compiled(whole, input);
        seen[found ? 'compiled' : 'worker']++;
        if (!found) return;
        const expected = await interpreted(whole, input);
        seen['error' in expected ? 'errors' : expected.value === undefined ? 'nothing' : 'values']++;
        if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
        if (!isDeepStrictEqual(found, expected))
          throw new Error(`${JSON.stringify(found)} and ${JSON.stringify(expected)} differ in sign`);
      }),
      { numRuns: RUNS },
    );
    if (process.env.GLOSSA_RUNS) process.stderr.write(`${JSON.stringify(seen)}\n`);
    expect(seen.compiled).toBeGreaterThan(RUNS * 0.8);
    expect(seen.values).toBeGreaterThan(RUNS * 0.2);
    expect(seen.errors).toBeGreaterThan(RUNS * 0.05);
  }, 600_000);
});
