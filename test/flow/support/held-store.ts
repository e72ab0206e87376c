import type { MessageAppend, ObservationStore } from '#model';
import type { TestGateway } from './gateway.js';
import { Latch } from './latch.js';

/** Holds the appends that fit, all of them by default; the others go on. */
export function holdStore(
  gateway: TestGateway,
  fits: (message: MessageAppend) => boolean = () => true,
): Latch {
  const store: Pick<ObservationStore, 'submit'> = gateway.service.gateway.observations;
  const submit = store.submit.bind(store);
  const latch = new Latch(() => (store.submit = submit));
  store.submit = (message, settled) => {
    if (fits(message)) void latch.pass().then(() => submit(message, settled));
    else submit(message, settled);
  };
  return latch;
}
