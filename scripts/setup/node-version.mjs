/**
 * Ends with a sentence when Node.js is too old. Imported before everything else and alone: what comes after it may use
 * syntax that an old Node.js cannot read.
 */
const OLDEST = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(
    `Glossa needs Node.js ${OLDEST.join('.')} or newer; this is ${process.version} (${process.execPath}).\n` +
      'Install a current release from https://nodejs.org or with your version manager, then run the command again.\n',
  );
  process.exit(1);
}
