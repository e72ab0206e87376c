import { documents, readDocument } from './documents.js';
import { examplesOf, Session } from './session.js';

const PATIENCE_MS = 60_000;

/** Each document is followed as a reader would: from its first example to its last, on a gateway of its own. */
describe.each(documents())('%s', (file) => {
  const { blocks } = readDocument(file);
  const examples = examplesOf(file, blocks);
  if (examples.length === 0) {
    it('has no examples', () => undefined);
    return;
  }
  let session: Session;
  beforeAll(async () => {
    session = await Session.start();
  }, PATIENCE_MS);
  afterAll(() => session.end(), PATIENCE_MS);

  it.each(examples.map((example) => [example.title, example] as const))(
    '%s',
    (_title, example) => session.follow(example),
    PATIENCE_MS,
  );
});
