declare module 'qlobber' {
  interface QlobberOptions {
    separator?: string;
    wildcard_one?: string;
    wildcard_some?: string;
    match_empty_levels?: boolean;
    max_words?: number;
  }
  /** A trie of topic filters; `match` answers the values whose filters fit a topic. */
  export class Qlobber<T> {
    constructor(options?: QlobberOptions);
    add(filter: string, value: T): this;
    remove(filter: string, value?: T): this;
    match(topic: string): T[];
    clear(): this;
  }
}
