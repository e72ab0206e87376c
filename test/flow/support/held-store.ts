import type { MessageAppend, Settled } from '#model';
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
  const store = gateway.service.gateway.observations as {
    submit(message: MessageAppend, settled: Settled): void;
  };
  const submit = store.submit;
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  store.submit = (message, settled) => {
    if (!fits(message)) return submit.call(store, message, settled);
    waiting++;
    void opened.then(() => {
      waiting--;
      submit.call(store, message, settled);
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
