import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sample } from '#telemetry';

/** Bytes by name of what is in a folder; what is in folders below counts for them. A file that goes meanwhile is 0. */
export async function sizesIn(folder: string): Promise<Sample[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      const value = entry.isDirectory() ? await sizeBelow(path) : await sizeOf(path);
      return { labels: [entry.name], value };
    }),
  );
}

async function sizeBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(({ parentPath, name }) => sizeOf(join(parentPath, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
