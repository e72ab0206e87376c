/** A device as users register it, or as its first message created it. */
export interface Device {
  readonly id: string;
  readonly title?: string;
  /** Ids of schemas that win for this device. */
  readonly schemas: readonly string[];
  /** Path of the feature of interest its observations are about. */
  readonly feature?: string;
  /** Account whose connection and will tell whether the device is online. */
  readonly account?: string;
  /** Made by a message, not by a user. */
  readonly auto: boolean;
}

/** A feature of interest as users register it: a place or thing, by its path. */
export interface Feature {
  /** Names joined by `/`, such as `home/kitchen`. */
  readonly path: string;
  readonly title?: string;
  readonly description?: string;
}
