/** What no name on the wire should hold: NUL [MQTT-1.5.3-2], and the others of C0 and C1 (MQTT 3.1.1, 1.5.3). */
export const CONTROL_CHARACTERS = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f]');
const MAX_BYTES = 65_535;
/** Levels of a topic or filter that clients name: aedes takes no more. */
export const MAX_TOPIC_LEVELS = 100;

/** Why a text is no topic filter; undefined when it is one (MQTT 3.1.1, 4.7.1). */
export function filterProblem(filter: string): string | undefined {
  if (filter === '') return 'a topic filter is not empty';
  if (Buffer.byteLength(filter) > MAX_BYTES) return 'a topic filter is at most 65,535 bytes long';
  if (CONTROL_CHARACTERS.test(filter)) return 'a topic filter has no control characters';
  const levels = filter.split('/');
  if (levels.length > MAX_TOPIC_LEVELS) return 'a topic has at most 100 levels';
  for (const [i, level] of levels.entries()) {
    if (level === '+' || (level === '#' && i === levels.length - 1)) continue;
    if (level.includes('#')) return '# stands alone, as the last level';
    if (level.includes('+')) return '+ stands alone in its level';
  }
  return undefined;
}

/** Why a text is no topic name; undefined when it is one (MQTT 3.1.1, 4.7.3). */
export function topicProblem(topic: string): string | undefined {
  if (/[+#]/.test(topic)) return 'a topic to publish to has no wildcards';
  return filterProblem(topic);
}

/**
 * Compiles a filter to a test. `#` matches its parent level too [4.7.1.2]; a wildcard at the first level does
 * not match topics that begin with `$` [MQTT-4.7.2-1].
 */
export function compileFilter(filter: string): (topic: string) => boolean {
  if (!/[+#]/.test(filter)) return (topic) => topic === filter;
  if (filter === '#') return (topic) => topic.charCodeAt(0) !== 0x24;
  const prefix = /^([^+#]*)#$/.exec(filter)?.[1];
  if (prefix !== undefined) {
    const parent = prefix.slice(0, -1);
    return (topic) => topic.startsWith(prefix) || topic === parent;
  }
  const levels = filter.split('/');
  return (topic) => matchLevels(levels, topic);
}

/** Walks the topic level by level, without splitting it. */
function matchLevels(levels: readonly string[], topic: string): boolean {
  if (topic.charCodeAt(0) === 0x24 && (levels[0] === '+' || levels[0] === '#')) return false;
  let start = 0;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    if (level === '#') return true;
    // The topic has ended: only "#" may follow.
    if (start > topic.length) return false;
    let end = topic.indexOf('/', start);
    if (end < 0) end = topic.length;
    if (level !== '+' && (level.length !== end - start || !topic.startsWith(level, start))) return false;
    start = end + 1;
  }
  return start > topic.length;
}

/** Whether a filter matches a topic. */
export function matches(filter: string, topic: string): boolean {
  return compileFilter(filter)(topic);
}

/** Whether some topic is matched by both filters. */
export function overlaps(a: string, b: string): boolean {
  const left = levelsOf(a);
  const right = levelsOf(b);
  if (isSystem(left[0]) !== isSystem(right[0])) return false;
  for (let i = 0; ; i++) {
    const l = left[i];
    const r = right[i];
    // One that has ended too: "a/#" matches "a".
    if (l === '#' || r === '#') return true;
    if (l === undefined || r === undefined) return l === r;
    if (l !== '+' && r !== '+' && l !== r) return false;
  }
}

/** Whether every topic that `inner` matches is matched by `outer`. */
export function covers(outer: string, inner: string): boolean {
  const wide = levelsOf(outer);
  const narrow = levelsOf(inner);
  if (isSystem(wide[0]) !== isSystem(narrow[0])) return false;
  for (let i = 0; ; i++) {
    const w = wide[i];
    const n = narrow[i];
    if (w === '#') return true;
    if (w === undefined || n === undefined) return w === n;
    if (n === '#') return false;
    if (w !== '+' && (n === '+' || w !== n)) return false;
  }
}

/** There is no empty topic [MQTT-4.7.3-1]: what "#" matches has a first level, what "/#" matches a second. */
function levelsOf(filter: string): string[] {
  return (/^\/?#$/.test(filter) ? filter.replace('#', '+/#') : filter).split('/');
}

/** Whether a first level reaches `$` topics: only a literal one does. */
function isSystem(level: string | undefined): boolean {
  return level?.startsWith('$') ?? false;
}
