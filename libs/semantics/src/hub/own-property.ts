import {
  isName,
  problem,
  retentionOf,
  type ConceptState,
  type ObservableProperty,
  type Problem,
} from '#model';
import type { UnitTable } from '../units/index.js';

/** Kinds of properties that are not quantities. */
export const PLAIN_KINDS = { State: 'state', Position: 'position', Text: 'text' } as const;

/** What a definition may refer to. */
export interface OwnPropertyContext {
  readonly units: UnitTable;
  readonly property: (term: string) => ObservableProperty | undefined;
  /** Own properties that name this one as broader. */
  readonly children: readonly ObservableProperty[];
  readonly suggestKind: (kind: string) => readonly string[];
}

type Checked =
  | { readonly ok: true; readonly property: ObservableProperty }
  | { readonly ok: false; readonly errors: Problem[] };

const TERM = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** Units in which a full turn is known, so that directions have means. */
const TURNS = new Set(['DEG', 'RAD', 'REV', 'GON']);
const MEMBERS = ['label', 'definition', 'kind', 'unit', 'broader', 'states', 'circular', 'retention'];
/** What answers carry beside what may be sent. */
const READ_ONLY = new Set(['id', 'iri', 'url', 'type', 'origin', 'alignments']);

/** Checks a user's property: `{ "label", "kind", "unit"?, "definition"?, "broader"? }`. Names every problem. */
export function checkOwnProperty(term: string, body: unknown, context: OwnPropertyContext): Checked {
  const errors: Problem[] = [];
  const fail = (pointer: string, message: string, hint: string) =>
    errors.push(problem(pointer, 'property-invalid', message, hint));
  if (!TERM.test(term))
    fail('', `${term} is no usable term`, 'A term is a letter, then up to 63 letters, digits, - and _.');
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    fail('', 'a property is an object', 'Give { "label", "kind", "unit", "broader" }.');
    return { ok: false, errors };
  }
  const given = body as Record<string, unknown>;
  for (const name of Object.keys(given)) {
    if (!MEMBERS.includes(name) && !READ_ONLY.has(name))
      fail(`/${name}`, `a property has no member ${name}`, `It takes ${MEMBERS.join(', ')}.`);
  }
  const { label, definition, kind, unit, broader, states, circular, retention } = given;
  if (typeof label !== 'string' || label.trim() === '' || label.length > 200)
    fail('/label', 'label is missing', 'Give a name for people, at most 200 characters.');
  if (definition !== undefined && (typeof definition !== 'string' || definition.length > 4000))
    fail('/definition', 'definition is no text', 'Give a sentence.');
  if (circular !== undefined && typeof circular !== 'boolean')
    fail('/circular', 'circular is neither true nor false', 'true for directions.');
  const keep = typeof retention === 'string' ? retentionOf(retention) : 'retention is no text';
  if (retention !== undefined && typeof keep === 'string')
    fail('/retention', keep, 'Give a duration such as "90d" or "P1Y", or "forever".');
  const broaderTerms = readBroader(broader, term, context, fail);
  const plain =
    typeof kind === 'string' && Object.hasOwn(PLAIN_KINDS, kind)
      ? PLAIN_KINDS[kind as keyof typeof PLAIN_KINDS]
      : undefined;
  const localKind = typeof kind === 'string' ? kind.replace(/^quantitykind:/, '') : '';
  const canonical = plain ? undefined : checkQuantity(localKind, unit, context, errors);
  if (plain && unit !== undefined)
    errors.push(problem('/unit', 'unit-unexpected', `a ${localKind} has no unit`));
  const named = readStates(states, plain, fail);
  if (circular === true && (plain !== undefined || (canonical !== undefined && !TURNS.has(canonical))))
    fail('/circular', `a ${localKind} is no direction`, `circular takes a unit of ${[...TURNS].join(', ')}.`);
  if (plain !== undefined || context.units.kind(localKind))
    checkKinds(localKind, broaderTerms, context, fail);
  if (errors.length > 0) return { ok: false, errors };
  return {
    ok: true,
    property: {
      term,
      origin: 'own',
      label: label as string,
      definition: (definition as string | undefined) ?? '',
      kind: localKind,
      type: named ? 'concept' : (plain ?? 'quantity'),
      ...(canonical !== undefined && { unit: canonical }),
      broader: broaderTerms,
      circular: circular === true,
      ...(named && { states: named }),
      alignments: [],
      ...(retention !== undefined && { retention: retention as string }),
    },
  };
}

type Fail = (pointer: string, message: string, hint: string) => void;

/** A kind is the same as, or narrower than, the kinds of the broader properties. */
function checkKinds(
  kind: string,
  broader: readonly string[],
  { property, children, units }: OwnPropertyContext,
  fail: Fail,
): void {
  const fits = (narrow: string, wide: string) => narrow === wide || units.kindWithin(narrow, wide);
  for (const term of broader) {
    const parent = property(term);
    if (!parent || fits(kind, parent.kind)) continue;
    const hint = 'A broader property is of the same or a broader kind.';
    fail('/broader', `${term} is a ${parent.kind}, not a ${kind}`, hint);
  }
  for (const child of children) {
    if (fits(child.kind, kind)) continue;
    const hint = 'Take it from the broader ones of the narrower property first.';
    fail('/kind', `${child.term} is narrower, and a ${child.kind}`, hint);
  }
}

function checkQuantity(
  kind: string,
  unit: unknown,
  { units, suggestKind }: OwnPropertyContext,
  errors: Problem[],
): string | undefined {
  const known = units.kind(kind);
  if (!known) {
    const near = suggestKind(kind);
    const hint = `Give a QUDT quantity kind${near.length > 0 ? ` such as ${near.join(', ')}` : ''}, or State, Position or Text.`;
    errors.push(
      problem(
        '/kind',
        'property-invalid',
        kind === '' ? 'kind is missing' : `there is no quantity kind ${kind}`,
        hint,
      ),
    );
    return undefined;
  }
  if (unit === undefined) {
    const coherent = units.coherentSi(kind);
    if (!coherent) errors.push(problem('/unit', 'unit-missing', `${kind} has no usual unit`));
    return coherent?.id;
  }
  const resolved = typeof unit === 'string' ? units.resolve(unit, { kind }) : undefined;
  if (!resolved || !('unit' in resolved)) {
    errors.push(
      problem(
        '/unit',
        resolved?.code ?? 'unit-unknown',
        resolved?.message ?? 'unit is no text',
        resolved?.hint,
      ),
    );
    return undefined;
  }
  if (units.kindAccepts(kind, resolved.unit)) return resolved.unit.id;
  errors.push(problem('/unit', 'unit-incompatible', `${resolved.unit.label} does not measure ${kind}`));
  return undefined;
}

function readBroader(broader: unknown, term: string, { property }: OwnPropertyContext, fail: Fail): string[] {
  if (broader === undefined) return [];
  const terms = Array.isArray(broader) ? (broader as unknown[]) : [broader];
  const found: string[] = [];
  for (const one of terms) {
    const parent = typeof one === 'string' ? property(one) : undefined;
    if (!parent)
      fail(
        '/broader',
        `there is no property ${String(one)}`,
        'Define it first, or choose one of GET /api/properties.',
      );
    else if (isBelow(parent, term, property))
      fail('/broader', `${parent.term} is ${term} or narrower than it`, 'The hierarchy has no cycles.');
    else found.push(parent.term);
  }
  return found;
}

function isBelow(start: ObservableProperty, term: string, property: OwnPropertyContext['property']): boolean {
  const open = [start];
  const seen = new Set<string>();
  for (let one = open.pop(); one; one = open.pop()) {
    if (one.term === term) return true;
    if (seen.has(one.term)) continue;
    seen.add(one.term);
    for (const parent of one.broader) {
      const next = property(parent);
      if (next) open.push(next);
    }
  }
  return false;
}

function readStates(states: unknown, plain: string | undefined, fail: Fail): ObservableProperty['states'] {
  if (states === undefined) return undefined;
  const hint = 'Give kind "State" and states such as ["Open", "Closed"].';
  if (plain !== 'state' || !Array.isArray(states) || states.length === 0) {
    fail('/states', 'states is no list of terms of a State', hint);
    return undefined;
  }
  const found: ConceptState[] = [];
  for (const [i, one] of (states as unknown[]).entries()) {
    const state = (typeof one === 'string' ? { term: one } : (one ?? {})) as Partial<Record<string, unknown>>;
    const { term, label = term, definition = '' } = state;
    const at = `/states/${i}`;
    if (typeof term !== 'string' || !isName(term)) fail(at, 'a state has no usable term', hint);
    else if (found.some((other) => other.term === term))
      fail(at, `${term} stands twice`, 'Name each state once.');
    else if (typeof label !== 'string' || typeof definition !== 'string')
      fail(at, `label and definition of ${term} are no texts`, 'Give strings.');
    else found.push({ term, label, definition });
  }
  return found;
}
