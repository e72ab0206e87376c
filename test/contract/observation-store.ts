import { aggregateContract } from './observation-store-aggregate.js';
import type { MakeStore } from './observation-store-fixtures.js';
import { formatsContract } from './observation-store-formats.js';
import { identityContract } from './observation-store-identity.js';
import { ledgerContract } from './observation-store-ledger.js';
import { pagesContract } from './observation-store-pages.js';
import { removalContract } from './observation-store-removal.js';

const PARTS = {
  identity: identityContract,
  ledger: ledgerContract,
  pages: pagesContract,
  formats: formatsContract,
  aggregate: aggregateContract,
  removal: removalContract,
};
export type ContractPart = keyof typeof PARTS;

/** What every backend of the port ObservationStore must do: all of it, or the parts named. */
export function observationStoreContract(
  name: string,
  make: MakeStore,
  parts = Object.keys(PARTS) as readonly ContractPart[],
): void {
  describe(`observation store: ${name}`, () => {
    // A block each: the store that a part opens before each case is for its own cases alone.
    for (const part of parts) describe(part, () => PARTS[part](make));
  });
}
