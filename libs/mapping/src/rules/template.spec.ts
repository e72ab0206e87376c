import fc from 'fast-check';
import { ExpressionError } from '../expressions/index.js';
import { Template } from './template.js';

const NAMES = new Set(['device', 'room']);

function template(source: string): Template {
  const parsed = Template.parse(source, NAMES);
  if (!(parsed instanceof Template)) throw new Error(parsed.message);
  return parsed;
}

const render = (source: string, topic: Record<string, string>, input: unknown = {}, payload = input) =>
  template(source).render(topic, input, { topic, payload }, undefined);

describe('a template', () => {
  it.each<[string, string]>([
    ['{device}', 'd1'],
    ['home/{room}', 'home/kitchen'],
    ['{ room }-{device}!', 'kitchen-d1!'],
    ['plain', 'plain'],
    ['{= model & "-" & $string(id) }', 'TH-7'],
    ['{= "}" & `a{b`}', '}x'],
    ['{=id}', '7'],
    ['{= ok }', 'true'],
    ['{= $topic.room & "/" & model}', 'kitchen/TH'],
    ['a{= id > 5 ? "{" : "}" }b', 'a{b'],
  ])('%s gives %s', (source, text) => {
    const payload = { model: 'TH', id: 7, ok: true, 'a{b': 'x' };
    expect(render(source, { device: 'd1', room: 'kitchen' }, payload)).toBe(text);
  });

  it.each<[string, unknown]>([
    ['{device}', {}],
    ['{= id }', {}],
    ['{= id }', { id: null }],
    ['{= id }', { id: {} }],
    ['{= id }', { id: ['a', 'b'] }],
    ['{= id }', { id: Infinity }],
    ['x{= id / 0 }', { id: 1 }],
    ['{= constructor }', {}],
    ['{= toString }', {}],
    ['{= __proto__ }', {}],
  ])('%s has no text for %j', (source, payload) => expect(render(source, {}, payload)).toBeUndefined());

  it('tries an expression on the item, then on the whole payload', () => {
    const payload = { id: 'outer', site: 's' };
    expect(render('{= id }', {}, { id: 'inner' }, payload as never)).toBe('inner');
    expect(render('{= id }-{= site }', {}, { id: null }, payload as never)).toBe('outer-s');
  });

  it('says whether the topic alone decides it, and which expressions it has', () => {
    expect(template('home/{room}').fixed).toBe(true);
    expect(template('home/{= a}').fixed).toBe(false);
    expect(template('{= a }{room}{= b & c}').expressions.map(({ source }) => source)).toEqual(['a', 'b & c']);
  });

  it('tells that an expression fails', () => {
    expect(() => render('{= -id }', {}, { id: 'x' })).toThrow(ExpressionError);
  });
});

describe('what is no template', () => {
  it.each<[string, string, number | undefined]>([
    ['', 'empty', undefined],
    ['a}b', 'without "{"', 0],
    ['ab{device', 'without "}"', 2],
    ['ab{device}{', 'without "}"', 10],
    ['{nope}', '{nope} is not bound', 0],
    ['{}', 'is not bound', 0],
    ['{constructor}', 'is not bound', 0],
    ['a/{= }', 'empty', 2],
    ['a/{= "x }', 'without "}"', 2],
    ['ab{=  1 + }', 'Unexpected end of expression', 9],
    ['ab{= $nope(1)}', '$nope', 11],
  ])('%j: %s', (source, message, position) => {
    const parsed = Template.parse(source, NAMES);
    expect(parsed).not.toBeInstanceOf(Template);
    expect(parsed).toMatchObject({ message: expect.stringContaining(message) });
    expect((parsed as { position?: number }).position).toBe(position);
  });

  it('names what the patterns bind', () => {
    expect(Template.parse('{x}', NAMES)).toMatchObject({
      message: expect.stringContaining('{device}, {room}'),
    });
    expect(Template.parse('{x}', new Set())).toMatchObject({
      message: expect.stringContaining('no variables'),
    });
  });

  it('is told for any text', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '{', '}', '=', '"', '\\', '`', "'", ' ', '{device}', '{= a}'),
    });
    fc.assert(
      fc.property(text, (source) => {
        const parsed = Template.parse(source, NAMES);
        if (parsed instanceof Template) expect(parsed.source).toBe(source);
        else expect(parsed.message).not.toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});
