import { fileURLToPath } from 'node:url';
import type { ServiceProcess } from '../flow/support/child.js';

/** Bytes in use after a garbage collection. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers and the like outside of the heap. */
  readonly external: number;
}

export const MIB = 1024 * 1024;

/** Settings of a service whose memory can be asked for. */
export const MEASURED = {
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('memory-on-signal.mjs', import.meta.url))}`,
} as const;

/** Memory of the service's main thread now; it was started with {@link MEASURED}. */
export async function memoryOf(service: ServiceProcess): Promise<Memory> {
  const said = () => service.lines.filter(({ msg }) => msg === 'memory');
  const before = said().length;
  service.child.kill('SIGUSR2');
  return (await service.until(() => said()[before])) as unknown as Memory;
}
