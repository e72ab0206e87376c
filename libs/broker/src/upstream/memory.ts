import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

interface Kept {
  readonly broker: string;
  readonly clientId: string;
  readonly filters: readonly string[];
}

/**
 * What must be known of the session at the upstream broker after a restart: our name there, and what it is
 * subscribed to. A subscription that is made again brings every retained message again, as if it were new.
 */
export class UpstreamMemory {
  readonly clientId: string;
  readonly filters: Set<string>;
  #saving: Promise<void> = Promise.resolve();

  /**
   * @param file made when there is none; another broker's is not used
   * @param broker its host and port
   */
  constructor(
    private readonly file: string,
    private readonly broker: string,
    private readonly onFailure: (error: Error) => void,
  ) {
    const kept = read(file);
    const known = kept?.broker === broker ? kept : undefined;
    this.clientId = known?.clientId ?? `glossa-${randomBytes(6).toString('hex')}`;
    this.filters = new Set(known?.filters);
    if (!known) this.save();
  }

  save(): void {
    const { broker, clientId } = this;
    const text = JSON.stringify({ broker, clientId, filters: [...this.filters] } satisfies Kept);
    this.#saving = this.#saving.then(() => this.#write(text));
  }

  /** Resolves when everything so far is written. */
  saved(): Promise<void> {
    return this.#saving;
  }

  async #write(text: string): Promise<void> {
    try {
      await writeFile(`${this.file}.new`, text);
      await rename(`${this.file}.new`, this.file);
    } catch (error) {
      this.onFailure(error as Error);
    }
  }
}

/** A file that cannot be read is as none: retained messages come once more. */
function read(file: string): Kept | undefined {
  try {
    const { broker, clientId, filters } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Kept>;
    return typeof broker === 'string' && typeof clientId === 'string' && Array.isArray(filters)
      ? { broker, clientId, filters: filters.filter((filter) => typeof filter === 'string') }
      : undefined;
  } catch {
    return undefined;
  }
}
