import { Qlobber } from 'qlobber';

/** A trie of MQTT topic filters [MQTT-4.7]. The caller keeps wildcards off `$` topics [MQTT-4.7.2-1]. */
export function mqttTrie<T>(): Qlobber<T> {
  return new Qlobber<T>({
    separator: '/',
    wildcard_one: '+',
    wildcard_some: '#',
    match_empty_levels: true,
  });
}
