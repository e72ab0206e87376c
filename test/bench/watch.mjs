export async function watch() {
  throw new Error('not there yet');
}
