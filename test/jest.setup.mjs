import { describeFailure, setUp } from '../scripts/setup.mjs';

/** Worker threads run compiled files, so the tests see the same build that users start. */
export default async function prepare() {
  try {
    await setUp({ mayInstall: false });
  } catch (error) {
    process.stderr.write(describeFailure(error));
    throw new Error('The tests need the build.', { cause: error });
  }
}
