const PATIENCE_MS = 45_000;

/** Waits for a state that no event announces. @param what is awaited, for the failure's message */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: () => string = () => holds.toString(),
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
