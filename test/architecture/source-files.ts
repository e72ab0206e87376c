import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Files of apps/ and libs/ that people write, relative to root, with forward slashes. */
export function sourceFiles(root: string): string[] {
  return ['apps', 'libs'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      )
      .filter((file) => !file.includes('/generated/'))
      .sort(),
  );
}
