export interface LockOptions {
  readonly onWait?: (pid: number | undefined) => void;
  readonly pollMs?: number;
}

export function acquireLock(file: string, options?: LockOptions): Promise<() => void>;
