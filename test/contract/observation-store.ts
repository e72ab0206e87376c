import { aggregateContract } from './observation-store-aggregate.js';
import { appendContract } from './observation-store-append.js';
import type { MakeStore } from './observation-store-fixtures.js';
import { formatsContract } from './observation-store-formats.js';
import { pagesContract } from './observation-store-pages.js';
import { removalContract } from './observation-store-removal.js';

/** What every backend of the port ObservationStore must do. */
export function observationStoreContract(name: string, make: MakeStore): void {
  describe(`observation store: ${name}`, () => {
    appendContract(make);
    pagesContract(make);
    formatsContract(make);
    aggregateContract(make);
    removalContract(make);
  });
}
