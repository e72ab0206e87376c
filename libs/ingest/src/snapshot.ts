import { compileFilter } from '#access';
import type { BoundSchema, CompiledSchema, CompiledStatus, Held, TopicPattern } from '#mapping';
import { bindSchema, comparePatterns } from '#mapping';
import type { SchemaRef } from '#model';
import { GuardedSchema, type Line } from './guarded-schema.js';
import { Suspensions } from './suspension.js';

/** A schema that may take a topic's messages, bound to the topic. */
export interface Candidate {
  readonly bound: BoundSchema;
  /** The same, guarded where it needs the expression worker. */
  readonly line: Line;
  readonly ref: SchemaRef;
  /** `id/versions/n`. */
  readonly path: string;
}

/** What the schemas say about one topic, resolved once. */
export interface Route {
  /** Best first: the most specific pattern, then one with `match`, then the older schema. */
  readonly candidates: readonly Candidate[];
  readonly statuses: readonly CompiledStatus[];
  /** Named by GLOSSA_IGNORE_TOPICS: not counted as unmatched. */
  readonly ignored: boolean;
}

interface PatternEntry {
  readonly pattern: TopicPattern;
  readonly schema: CompiledSchema | undefined;
  readonly status: CompiledStatus | undefined;
}

class TrieNode {
  readonly literals = new Map<string, TrieNode>();
  one: TrieNode | undefined;
  readonly here: PatternEntry[] = [];
  readonly rest: PatternEntry[] = [];
}

/** Routes are forgotten beyond this many topics; they are made again on demand. */
const MAX_ROUTES = 65_536;
/** And beyond so many bytes, which is about 10,000 topics with fifty values each. */
const MAX_BYTES = 128 * 1024 * 1024;
/** About what a route takes beside its topic, and each candidate in it. */
const ROUTE_BYTES = 300;
const CANDIDATE_BYTES = 500;
/** A longer topic is resolved for each message: what is remembered is bounded in bytes, too. */
const MAX_REMEMBERED = 1024;

/**
 * An immutable picture of the registered schemas that finds those for a topic. The control plane makes a new
 * one for each change and swaps the reference; a route costs a trie walk once, then a map look-up.
 */
export class Snapshot {
  readonly #root = new TrieNode();
  readonly #routes = new Map<string, Route>();
  readonly #ignored: readonly ((topic: string) => boolean)[];
  /** Of all routes since they were forgotten last. */
  #held: Held = { bytes: 0 };

  constructor(
    readonly schemas: readonly CompiledSchema[],
    private readonly refOf: (schema: string, version: number) => SchemaRef,
    ignore: readonly string[] = [],
    private readonly suspensions = new Suspensions(),
    private readonly maxBytes = MAX_BYTES,
  ) {
    this.#ignored = ignore.map(compileFilter);
    for (const schema of schemas) {
      for (const pattern of schema.patterns) this.#insert({ pattern, schema, status: undefined });
      if (schema.status)
        this.#insert({ pattern: schema.status.pattern, schema: undefined, status: schema.status });
    }
  }

  /** MQTT topic filters that cover every mapped topic, without repetition. */
  get filters(): string[] {
    const filters = new Set<string>();
    for (const schema of this.schemas) {
      for (const pattern of schema.patterns) filters.add(pattern.filter);
      if (schema.status) filters.add(schema.status.pattern.filter);
    }
    return [...filters];
  }

  #insert(entry: PatternEntry): void {
    let node = this.#root;
    for (const level of entry.pattern.filter.split('/')) {
      if (level === '#') {
        node.rest.push(entry);
        return;
      }
      if (level === '+') {
        node = node.one ??= new TrieNode();
        continue;
      }
      let next = node.literals.get(level);
      if (!next) node.literals.set(level, (next = new TrieNode()));
      node = next;
    }
    node.here.push(entry);
  }

  /** How many topics are remembered. */
  get remembered(): number {
    return this.#routes.size;
  }

  /** What they hold, in bytes, about: with them, the targets of the values that were mapped by them. */
  get held(): number {
    return this.#held.bytes;
  }

  route(topic: string): Route {
    // What a route holds grows with the messages on its topic.
    if (this.#held.bytes > this.maxBytes) this.forgetRoutes();
    let route = this.#routes.get(topic);
    if (route) return route;
    if (topic.length > MAX_REMEMBERED) return this.#resolve(topic, { bytes: 0 });
    if (this.#routes.size >= MAX_ROUTES) {
      const oldest = this.#routes.keys().next();
      if (!oldest.done) this.#routes.delete(oldest.value);
    }
    route = this.#resolve(topic, this.#held);
    this.#routes.set(topic, route);
    this.#held.bytes += ROUTE_BYTES + topic.length + route.candidates.length * CANDIDATE_BYTES;
    return route;
  }

  /** Forgets what was resolved, after a device's registration changed. */
  forgetRoutes(): void {
    this.#routes.clear();
    // A message under way may still count into the one before.
    this.#held = { bytes: 0 };
  }

  #resolve(topic: string, held: Held): Route {
    const found: PatternEntry[] = [];
    collect(this.#root, topic.split('/'), 0, found);
    const matching = found.filter((entry) => entry.pattern.match(topic) !== undefined);
    const schemas = matching.filter((entry) => entry.schema !== undefined);
    schemas.sort(
      (a, b) =>
        comparePatterns(a.pattern, b.pattern) ||
        Number(b.schema!.hasMatch) - Number(a.schema!.hasMatch) ||
        a.schema!.createdAt.localeCompare(b.schema!.createdAt) ||
        a.schema!.id.localeCompare(b.schema!.id),
    );
    const seen = new Set<CompiledSchema>();
    const candidates: Candidate[] = [];
    for (const { schema, pattern } of schemas) {
      if (seen.has(schema!)) continue;
      seen.add(schema!);
      const bound = bindSchema(schema!, pattern, topic, held);
      const suspension = this.suspensions.of(schema!);
      candidates.push({
        bound,
        line: suspension ? new GuardedSchema(bound, suspension) : bound,
        ref: this.refOf(schema!.id, schema!.version),
        path: `${schema!.id}/versions/${schema!.version}`,
      });
    }
    return {
      candidates,
      statuses: matching.flatMap((entry) => entry.status ?? []),
      ignored: this.#ignored.some((matches) => matches(topic)),
    };
  }
}

function collect(node: TrieNode, levels: readonly string[], depth: number, found: PatternEntry[]): void {
  found.push(...node.rest);
  if (depth === levels.length) {
    found.push(...node.here);
    return;
  }
  const literal = node.literals.get(levels[depth]!);
  if (literal) collect(literal, levels, depth + 1, found);
  if (node.one) collect(node.one, levels, depth + 1, found);
}
