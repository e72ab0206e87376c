import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLIENTS = fileURLToPath(new URL('clients', import.meta.url));
/** How long an example may wait for messages. */
const PATIENCE_S = 15;

export interface ProgramOptions {
  /** Where the gateway really listens. */
  readonly http: number;
  readonly mqtt: number;
  /** Use the stand-ins under clients/ even where the real programs are installed. */
  readonly standIns: boolean;
}

/**
 * Puts the programs of the examples into a folder for PATH: each does what it does for a reader, with the ports of
 * the test's gateway for 3000 and 1883. Where curl or Mosquitto's clients are not installed, scripts stand in.
 */
export async function installPrograms(folder: string, options: ProgramOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { http, mqtt, standIns } = options;
  const program = (name: string, real: string) => {
    const installed = standIns ? undefined : onPath(name);
    return installed === undefined ? `exec node ${join(CLIENTS, `${name}.mjs`)}` : `exec ${installed}${real}`;
  };
  const scripts: Record<string, string> = {
    curl: `export CONNECT_TO=127.0.0.1:${http}
${program('curl', ` --connect-to localhost:3000:127.0.0.1:${http}`)} "$@"`,
    mosquitto_pub: `${program('mosquitto_pub', '')} -h 127.0.0.1 -p ${mqtt} "$@"`,
    // An example that is wrong must end all the same.
    mosquitto_sub: `${program('mosquitto_sub', '')} -h 127.0.0.1 -p ${mqtt} -W ${PATIENCE_S} "$@"`,
    npm: `case "$*" in
"start -- --help") exec node ${join(ROOT, 'dist/apps/gateway/src/main.js')} --help ;;
"run backup -- "*) shift 3; GLOSSA_DATA_DIR="$PWD/data" GLOSSA_HTTP_PORT=${http} exec node ${join(ROOT, 'scripts/backup.mjs')} "$@" ;;
esac
exit 1`,
  };
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
}

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
