/**
 * Prints the totals of a run of Jest from the file that its --json --outputFile wrote. Fails when a test failed, when
 * a suite could not run, and when no test ran at all.
 */
import { readFileSync } from 'node:fs';

const { passed, failed, skipped, broken } = read(process.argv[2]);

if (broken > 0) console.log(`${broken} test suites could not run`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
if (failed > 0 || broken > 0 || passed === 0) process.exitCode = 1;

function read(file) {
  try {
    const run = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: run.numPassedTests,
      failed: run.numFailedTests,
      skipped: run.numPendingTests + run.numTodoTests,
      broken: run.numRuntimeErrorTestSuites,
    };
  } catch (error) {
    console.log(`Jest left no results: ${error.message}`);
    return { passed: 0, failed: 0, skipped: 0, broken: 0 };
  }
}
