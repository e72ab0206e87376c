import { CODECS } from '#codecs';
import { codecContract, type CodecUnderTest } from './codec.js';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** Options and good payloads of each codec; a codec without an entry fails. */
const CASES: Readonly<
  Record<string, readonly (Omit<CodecUnderTest, 'codec'> & { readonly options: Record<string, unknown> })[]>
> = {
  json: [
    {
      options: {},
      nests: true,
      valid: [
        '{"temperature":21.5,"name":"Küche 🌡","list":[1,null,true,{"x":"\\u00b0"}]}',
        '{}',
        '{"a":-1e-3}',
      ].map(utf8),
    },
  ],
  text: [
    { options: {}, nests: false, valid: ['21.5', 'ON', ' 21,4 °C\r\n'].map(utf8) },
    { options: { decimal: ',' }, nests: false, valid: ['21,4', '-0,5'].map(utf8) },
    {
      options: { separator: ';', fields: ['a', 'b', 'constructor'] },
      nests: false,
      valid: ['1;2;3', ';;', '1'].map(utf8),
    },
  ],
};

for (const factory of CODECS) {
  for (const { options, ...rest } of CASES[factory.name] ?? [])
    codecContract(`${factory.name} ${JSON.stringify(options)}`, () => ({
      codec: factory.create(options),
      ...rest,
    }));
}

describe('the codecs', () => {
  it('all run the contract', () => {
    expect(CODECS.filter(({ name }) => !Object.hasOwn(CASES, name))).toEqual([]);
  });

  it('are named once each', () => {
    const names = CODECS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, create } of CODECS) expect(create(CASES[name]![0]!.options).name).toBe(name);
  });
});
