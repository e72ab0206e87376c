import { Qlobber } from 'qlobber';

/** Beyond it the trie throws: the deepest feature path makes a semantic topic of about half as many levels. */
const MAX_WORDS = 1000;

/**
 * A trie of MQTT topic filters [MQTT-4.7]. The caller keeps wildcards off `$` topics [MQTT-4.7.2-1]. What `match`
 * answers may be the trie's own array: it is read at once, or copied.
 */
export function mqttTrie<T>(): Qlobber<T> {
  return new Qlobber<T>({
    separator: '/',
    wildcard_one: '+',
    wildcard_some: '#',
    match_empty_levels: true,
    max_words: MAX_WORDS,
  });
}
