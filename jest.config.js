import { availableParallelism } from 'node:os';
import vm from 'node:vm';
import { runJest } from './scripts/run-jest.mjs';

// "npx jest" comes without the flag for ES modules; "npm test" brings it.
if (!('SourceTextModule' in vm)) await runJest(process.argv.slice(2));

export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/jest.setup.mjs',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': '@swc/jest',
    // CommonJS packages require it, which Node can and Jest cannot: it is ESM.
    'node_modules/content-disposition/.+\\.js$': [
      '@swc/jest',
      { swcrc: false, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: ['node_modules/(?!content-disposition/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/\\.glossa-'],
  testMatch: ['**/*.spec.ts'],
  // Flows start real services; a machine that is busy with something else is no failure.
  testTimeout: 90_000,
  testSequencer: '<rootDir>/test/longest-first.mjs',
  // Jest's default leaves one core idle, which on two cores is half of the machine.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};
