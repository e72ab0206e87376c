import { Qlobber } from 'qlobber';
import { MAX_TOPIC_LEVELS } from '#access';

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
    // Beyond it the trie throws, at 100 by default: access control refuses such topics and filters before.
    max_words: MAX_TOPIC_LEVELS,
  });
}
