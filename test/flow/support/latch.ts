/** What waits here goes on when it is released. */
export class Latch {
  #waiting = 0;
  #open!: () => void;
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve));

  /** @param onRelease is done first */
  constructor(private readonly onRelease: () => void) {}

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves after the release. */
  async pass(): Promise<void> {
    this.#waiting++;
    await this.#opened;
    this.#waiting--;
  }

  release(): void {
    this.onRelease();
    this.#open();
  }
}
