import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../apps/gateway/src/config.js';
import { TestGateway } from '../flow/support/gateway.js';
import type { Rest } from '../flow/support/rest.js';
import { fateOf, settingsOf, splitCommands } from './commands.js';
import { jsonDifferences, textDifference } from './compare.js';
import { readMarkdown, type Block } from './markdown.js';
import { installPrograms } from './programs.js';
import { Shell, type CommandResult } from './shell.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Blocks that show what the example before them answers. */
const ANSWERS = new Set(['json', 'text', 'csv', 'turtle']);
/** Blocks that are looked at only. */
const SHOWN = new Set(['ascii', 'ini', 'ts']);

/** An example of a document: what to do, and the block that shows its answer. */
export interface Example {
  readonly title: string;
  readonly kind: 'sh' | 'mapping' | 'message' | 'refused';
  readonly block: Block;
  readonly answer: Block | undefined;
}

/** The examples of a document in their order. @throws for a block that nothing would run or compare */
export function examplesOf(file: string, blocks: readonly Block[]): Example[] {
  const examples: Example[] = [];
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    if (SHOWN.has(block.language)) continue;
    const kind = kindOf(block);
    const at = `${file}:${block.line}`;
    if (!kind) throw new Error(`${at}: nothing runs this "${[block.language, ...block.tags].join(' ')}"`);
    const next = blocks[i + 1];
    const answer = next && ANSWERS.has(next.language) && !kindOf(next) ? next : undefined;
    if (answer) i++;
    if ((kind === 'message' || kind === 'refused') && !answer) throw new Error(`${at}: no answer is shown`);
    const [first = ''] = block.text.split('\n');
    examples.push({ title: `${at} ${kind === 'sh' ? first : kind}`, kind, block, answer });
  }
  return examples;
}

function kindOf({ language, tags }: Block): Example['kind'] | undefined {
  if (language === 'sh') return 'sh';
  const [tag] = tags;
  const known = tag === 'mapping' || tag === 'message' || tag === 'refused';
  return language === 'json' && known ? tag : undefined;
}

/** A reader who follows one document from its first line to its last, on a gateway of their own. */
export class Session {
  readonly #since = Date.now();
  #mapping: string | undefined;

  private constructor(
    private readonly gateway: TestGateway,
    private readonly shell: Shell,
    private readonly rest: Rest,
    private readonly directory: string,
  ) {}

  static async start(options: { readonly standIns?: boolean } = {}): Promise<Session> {
    const directory = await mkdtemp(join(tmpdir(), 'glossa-docs-'));
    const data = join(directory, 'data');
    await mkdir(data);
    // As documented: IRIs begin with the default address, and the token is in its file.
    const settings = { GLOSSA_BASE_URL: 'http://localhost:3000', GLOSSA_ADMIN_TOKEN: '' };
    const gateway = await TestGateway.start(settings, data);
    const { http, mqtt } = gateway.service.ports;
    const programs = join(directory, '.programs');
    await installPrograms(programs, { http, mqtt, standIns: options.standIns ?? false });
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('GLOSSA_') && name !== 'NODE_OPTIONS',
    );
    const env = Object.fromEntries(inherited) as Record<string, string>;
    env['PATH'] = [programs, env['PATH'] ?? ''].join(delimiter);
    const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
    return new Session(gateway, new Shell(directory, env), gateway.rest(token), directory);
  }

  async end(): Promise<void> {
    await this.shell.end();
    await this.gateway.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Does what an example says. @throws when something else comes out than is shown */
  async follow({ kind, block, answer }: Example): Promise<void> {
    switch (kind) {
      case 'sh':
        return this.#commands(block, answer);
      case 'mapping':
        return this.#register(JSON.parse(block.text) as { id: string });
      case 'message':
        return this.#preview(block, answer!);
      case 'refused': {
        const { status, body } = await this.rest.post('/api/schemas', JSON.parse(block.text));
        if (status !== 422) throw new Error(`the answer has status ${status}: ${JSON.stringify(body)}`);
        return this.#compare(answer!, JSON.stringify(body));
      }
    }
  }

  async #commands(block: Block, answer: Block | undefined): Promise<void> {
    const commands = splitCommands(block.text);
    const unknown = commands.filter((command) => fateOf(command) === 'unknown');
    if (unknown.length > 0) throw new Error(`nothing knows how to run:\n${unknown.join('\n')}`);
    const names = new Set(SETTINGS.map(({ name }) => name));
    const strange = commands.flatMap(settingsOf).filter((name) => !names.has(name));
    if (strange.length > 0) throw new Error(`there is no setting ${strange.join(', ')}`);
    const run = commands.filter((command) => fateOf(command) === 'run');
    const results = await this.shell.run(run);
    if (!answer) return results.forEach(assertWell);
    if (run.length === 0) throw new Error('an answer is shown and nothing was run');
    this.#compare(answer, results.map(({ output }) => output).join(''));
  }

  /** Registers a document; the one before it goes, so that their patterns may be the same. */
  async #register(document: { readonly id: string }): Promise<void> {
    if (this.#mapping !== undefined && this.#mapping !== document.id)
      await this.rest.delete(`/api/schemas/${this.#mapping}`);
    const { status, text } = await this.rest.put(`/api/schemas/${document.id}`, document);
    if (status !== 200 && status !== 201) throw new Error(`it does not register (${status}): ${text}`);
    this.#mapping = document.id;
  }

  async #preview(block: Block, answer: Block): Promise<void> {
    const message = JSON.parse(block.text) as object;
    const { status, text } = await this.rest.post('/api/preview', { schemaId: this.#mapping, ...message });
    if (status !== 200) throw new Error(`the preview answers ${status}: ${text}`);
    this.#compare(answer, text);
  }

  #compare(answer: Block, output: string): void {
    if (answer.language !== 'json') {
      const difference = textDifference(answer.text, output, this.#since);
      if (difference !== undefined) throw new Error(difference);
      return;
    }
    const options = { since: this.#since, part: answer.tags.includes('part') };
    const differences = jsonDifferences(parse(answer.text), parse(output), options);
    if (differences.length > 0) throw new Error(`${differences.join('\n')}\nThe answer is\n${output}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error(`no JSON: ${(error as Error).message}\n${text}`, { cause: error });
  }
}

/** A command without a shown answer ends well and is not told a problem. */
function assertWell({ command, output, status }: CommandResult): void {
  const problem = /"status":[45]\d\d,"code":/.test(output);
  if (status !== 0 || problem) throw new Error(`${command}\nends with ${status} and says\n${output}`);
}

/** Examples of a document under the repository's root. */
export async function readExamples(file: string): Promise<Example[]> {
  return examplesOf(file, readMarkdown(await readFile(join(ROOT, file), 'utf8')).blocks);
}
