import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { bytesIn, fillFolder, YEAR } from './fill.mjs';
import { OBSERVATIONS } from './fleet.mjs';
import { scratch } from './scratch.mjs';
import { whole } from './text.mjs';

/** Datastreams of a filled folder, five a device. */
export const DEVICES = 2000;
/** Devices that measure each minute, where there are rows enough for them: as many as make half of the rows, at most. */
const DENSE = 8;
/** Room that a row takes at most while a folder is filled. */
const BYTES_A_ROW = 100;

const folders = new Map();

/**
 * A data folder with a year of observations; made once for all groups of a run.
 * @throws when the disk has no room for it
 */
export async function filled(rows, say) {
  return (await filledFolder(rows, say)).directory;
}

/** The same with what is known of it: rows, the time of the first, bytes. */
export async function filledFolder(rows, say = () => undefined) {
  const known = folders.get(rows);
  if (known) return known;
  const free = statfsSync(tmpdir()).bavail * statfsSync(tmpdir()).bsize;
  if (free < rows * BYTES_A_ROW)
    throw new Error(
      `${tmpdir()} has ${whole(free / 2 ** 20)} MiB free, ${whole(rows)} rows need ${whole((rows * BYTES_A_ROW) / 2 ** 20)}: set TMPDIR`,
    );
  const directory = scratch();
  folders.set(rows, { directory });
  say(`  filling ${directory} with ${whole(rows)} rows`);
  const dense = Math.min(DENSE, Math.floor(rows / 2 / OBSERVATIONS / YEAR));
  const began = performance.now();
  const made = await fillFolder(directory, { devices: DEVICES, rows, dense, say });
  const folder = {
    directory,
    ...made,
    bytes: bytesIn(directory),
    seconds: (performance.now() - began) / 1000,
  };
  folders.set(rows, folder);
  return folder;
}
