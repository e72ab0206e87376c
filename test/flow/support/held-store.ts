import type { MessageAppend, ObservationStore } from '#model';
import type { TestGateway } from './gateway.js';

/** A store whose appends wait: nothing commits until it is released. */
export interface HeldStore {
  /** Appends that wait now. */
  readonly waiting: number;
  release(): void;
}

/** Holds the appends that fit, all of them by default; the others go on. */
export function holdStore(
  gateway: TestGateway,
  fits: (message: MessageAppend) => boolean = () => true,
): HeldStore {
  const store: Pick<ObservationStore, 'submit'> = gateway.service.gateway.observations;
  const submit = store.submit.bind(store);
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  store.submit = (message, settled) => {
    if (!fits(message)) return submit(message, settled);
    waiting++;
    void opened.then(() => {
      waiting--;
      submit(message, settled);
    });
  };
  return {
    get waiting() {
      return waiting;
    },
    release: () => {
      store.submit = submit;
      open();
    },
  };
}
