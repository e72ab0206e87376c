import { ruleFilter, ruleText, type AccessRule, type Account } from './account.js';
import { ROLE_RIGHTS, type Permission } from './permissions.js';
import { compileFilter, covers, filterProblem, overlaps, topicProblem } from './topic-filter.js';

/** Whether something is allowed, and the rule that decides, in words. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: string;
}

/** A rule with its filter compiled; roles are rules too. */
interface CompiledRule {
  readonly effect: AccessRule['effect'];
  readonly filter: string;
  readonly text: string;
  readonly matches: (topic: string) => boolean;
}

const RESERVED = /^(semantic|glossa)(\/|$)/;
const NO_RULE = 'no rule allows it';
const MAX_CACHED = 20_000;
/** Longer topics are decided each time: 20,000 of the longest would take more than a gigabyte. */
const MAX_CACHED_LENGTH = 1024;

/** What one account may do. Made once an account, and anew when it changes. */
export class AccountPolicy {
  readonly username: string;
  readonly onDeny: Account['onDeny'];
  /** Whether no observation is hidden from it, so that queries need not ask topic by topic. */
  readonly seesEverySemantic: boolean;
  /** Whether no raw message is hidden from it either. */
  readonly seesEveryTopic: boolean;
  readonly #publish: CompiledRule[];
  readonly #subscribe: CompiledRule[];
  readonly #permissions: ReadonlyMap<Permission, string>;
  readonly #received = new Map<string, boolean>();
  readonly #published = new Map<string, Decision>();

  constructor(account: Account) {
    this.username = account.username;
    this.onDeny = account.onDeny;
    this.#publish = compileRules(account, 'publish');
    this.#subscribe = compileRules(account, 'subscribe');
    const permissions = new Map<Permission, string>();
    for (const role of account.roles) {
      for (const permission of ROLE_RIGHTS[role].permissions) permissions.set(permission, `role ${role}`);
    }
    // Who may read semantic topics reads the same over REST.
    const semantic = this.#subscribe.find(
      ({ effect, filter }) => effect === 'allow' && overlaps(filter, 'semantic/#'),
    );
    if (semantic && !permissions.has('observations:read'))
      permissions.set('observations:read', semantic.text);
    this.#permissions = permissions;
    this.seesEverySemantic =
      this.#subscribe.some(({ effect, filter }) => effect === 'allow' && covers(filter, 'semantic/#')) &&
      !this.#subscribe.some(({ effect, filter }) => effect === 'deny' && overlaps(filter, 'semantic/#'));
    this.seesEveryTopic =
      this.#subscribe.some(({ effect, filter }) => effect === 'allow' && covers(filter, '#')) &&
      !this.#subscribe.some(({ effect }) => effect === 'deny');
  }

  /** May it hear of a raw message: read its dead letter, and why it was rejected? */
  mayHearOf(topic: string): boolean {
    return this.seesEveryTopic || this.receive(topic);
  }

  /** May it publish to a topic? */
  publish(topic: string): Decision {
    const cached = this.#published.get(topic);
    if (cached) return cached;
    const decision = this.#decidePublish(topic);
    remember(this.#published, topic, decision);
    return decision;
  }

  #decidePublish(topic: string): Decision {
    const wrong = topicProblem(topic);
    if (wrong !== undefined) return { allowed: false, rule: wrong };
    if (RESERVED.test(topic)) return { allowed: false, rule: 'semantic/ and glossa/ belong to the gateway' };
    if (topic.startsWith('$'))
      return { allowed: false, rule: 'topics that begin with $ belong to the broker' };
    return decide(this.#publish, (rule) => rule.matches(topic));
  }

  /**
   * May it subscribe to a filter? Granted when an allow rule overlaps it and no deny covers it; what it then
   * receives is decided message by message.
   */
  subscribe(filter: string): { readonly granted: boolean; readonly rule: string } {
    const wrong = filterProblem(filter);
    if (wrong !== undefined) return { granted: false, rule: wrong };
    const deny = this.#subscribe.find((rule) => rule.effect === 'deny' && covers(rule.filter, filter));
    if (deny) return { granted: false, rule: deny.text };
    const allow = this.#subscribe.find((rule) => rule.effect === 'allow' && overlaps(rule.filter, filter));
    return allow ? { granted: true, rule: allow.text } : { granted: false, rule: NO_RULE };
  }

  /** May a message on this topic be forwarded to it? Asked for each delivery: cached. */
  receive(topic: string): boolean {
    const cached = this.#received.get(topic);
    if (cached !== undefined) return cached;
    const { allowed } = decide(this.#subscribe, (rule) => rule.matches(topic));
    remember(this.#received, topic, allowed);
    return allowed;
  }

  /** May it do this over REST? */
  may(permission: Permission): Decision {
    const rule = this.#permissions.get(permission);
    return rule === undefined
      ? { allowed: false, rule: `no role of ${this.username} has ${permission}` }
      : { allowed: true, rule };
  }

  /** What `GET /access/check` answers. */
  check(action: 'publish' | 'subscribe', topic: string): Decision {
    if (action === 'publish') return this.publish(topic);
    const { granted, rule } = this.subscribe(topic);
    return { allowed: granted, rule };
  }
}

function remember<T>(cache: Map<string, T>, topic: string, answer: T): void {
  if (topic.length > MAX_CACHED_LENGTH) return;
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(topic, answer);
}

/** Deny wins; no rule means no. */
function decide(rules: readonly CompiledRule[], fits: (rule: CompiledRule) => boolean): Decision {
  let allow: CompiledRule | undefined;
  for (const rule of rules) {
    if (!fits(rule)) continue;
    if (rule.effect === 'deny') return { allowed: false, rule: rule.text };
    allow ??= rule;
  }
  return allow ? { allowed: true, rule: allow.text } : { allowed: false, rule: NO_RULE };
}

function compileRules({ username, roles, rules }: Account, action: AccessRule['action']): CompiledRule[] {
  const compiled: CompiledRule[] = [];
  for (const [i, rule] of rules.entries()) {
    if (rule.action !== action) continue;
    const filter = ruleFilter(rule, username);
    compiled.push({
      effect: rule.effect,
      filter,
      text: `rule ${i + 1} of ${username}: ${ruleText(rule)}`,
      matches: compileFilter(filter),
    });
  }
  for (const role of roles) {
    for (const filter of ROLE_RIGHTS[role][action]) {
      compiled.push({
        effect: 'allow',
        filter,
        text: `role ${role}: allow ${action} ${filter}`,
        matches: compileFilter(filter),
      });
    }
  }
  return compiled;
}
