import { MAX_TOPIC_LEVELS } from '#access';
import { mqttTrie } from './mqtt-trie.js';

const deep = (level: string, levels = MAX_TOPIC_LEVELS) =>
  Array.from({ length: levels }, () => level).join('/');

describe('mqttTrie', () => {
  it('takes every topic and filter that access control lets pass', () => {
    const trie = mqttTrie<string>();
    trie
      .add(deep('a'), 'literal')
      .add(deep('+'), 'one')
      .add(`${deep('a', MAX_TOPIC_LEVELS - 1)}/#`, 'rest');
    expect(trie.match(deep('a')).sort()).toEqual(['literal', 'one', 'rest']);
    expect(trie.match(deep(''))).toEqual(['one']);
    trie.remove(deep('+'), 'one').remove(deep('+'), 'one');
    expect(trie.match(deep(''))).toEqual([]);
  });

  it.each([
    ['a/#', 'a', true],
    ['a/#', 'a/', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['+/+', '/', true],
    ['#', 'a', true],
    ['a', 'a/', false],
  ])('%s on %s: %s', (filter, topic, expected) => {
    expect(mqttTrie<number>().add(filter, 1).match(topic)).toEqual(expected ? [1] : []);
  });
});
