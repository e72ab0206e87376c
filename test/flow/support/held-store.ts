import type { AppendResult, MessageAppend } from '#model';
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
    append(message: MessageAppend): Promise<AppendResult>;
  };
  const append = store.append;
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  store.append = async (message) => {
    if (!fits(message)) return append.call(store, message);
    waiting++;
    await opened;
    waiting--;
    return append.call(store, message);
  };
  return {
    get waiting() {
      return waiting;
    },
    release: () => {
      store.append = append;
      open();
    },
  };
}
