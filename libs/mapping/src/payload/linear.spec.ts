import { createAjv } from './json-schema.js';
import { PayloadSchema } from './payload-schema.js';

const MEBIBYTE = 1024 * 1024;
/** CPU time, so that a busy machine does not count. Ample: these took seconds to hours. */
const SOON_US = 4_000_000;

const microsSince = (start: NodeJS.CpuUsage): number => process.cpuUsage(start).user;

function timed(schema: object, payload: unknown) {
  const checked = new PayloadSchema(schema);
  expect(checked.compile()).toBeUndefined();
  const start = process.cpuUsage();
  const mismatch = checked.check(payload);
  expect(microsSince(start)).toBeLessThan(SOON_US);
  return mismatch;
}

const range = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));

describe('uniqueItems', () => {
  it.each<[string, boolean]>([
    ['[]', true],
    ['[1]', true],
    ['[1, 2, 3]', true],
    ['[1, 2, 1]', false],
    ['[1, 1.0]', false],
    ['[0, -0]', false],
    ['[1e999, 1e999]', false],
    ['[1e999, null]', true],
    ['[1, "1"]', true],
    ['["=1", 1]', true],
    ['[true, "true"]', true],
    ['[null, "null", false, 0, ""]', true],
    ['[{"a": 1, "b": [2]}, {"b": [2], "a": 1.0}]', false],
    ['[{"a": 1, "b": 2}, {"a": 2, "b": 1}]', true],
    ['[{"a": {}}, {"a": []}]', true],
    ['[[1, 2], [2, 1]]', true],
    ['[[1, [2]], [1, [2]]]', false],
    ['[["a", "b"], ["a,b"]]', true],
    ['[{}, {"a": 1}, {"a": null}, []]', true],
    ['[{"__proto__": 1}, {}]', true],
    ['[{"__proto__": 1}, {"__proto__": 1}]', false],
    ['{"length": 2}', true],
  ])('%s: %s', (text, unique) => {
    const mismatch = timed({ uniqueItems: true }, JSON.parse(text));
    expect(mismatch === undefined).toBe(unique);
    expect(timed({ uniqueItems: false }, JSON.parse(text))).toBeUndefined();
  });

  it('says which items are equal, and where', () => {
    expect(timed({ properties: { a: { uniqueItems: true } } }, { a: [{ x: 1 }, 5, { x: 1 }] })).toEqual({
      pointer: '/a',
      message: '/a must NOT have duplicate items (items ## 0 and 2 are identical)',
    });
  });

  it('takes linear time', () => {
    expect(
      timed(
        { uniqueItems: true },
        range(150_000, (i) => i),
      ),
    ).toBeUndefined();
    // Numbers that V8 would put into one place of a table.
    expect(
      timed(
        { uniqueItems: true },
        range(90_000, (i) => i * 2 ** 17),
      ),
    ).toBeUndefined();
    expect(
      timed(
        { uniqueItems: true },
        range(70_000, (i) => ({ i })),
      ),
    ).toBeUndefined();
  });

  it('reads a payload once, however deep it is nested', () => {
    let payload: unknown = range(100_000, (i) => i);
    for (let i = 0; i < 120; i++) payload = [payload, [i]];
    expect(timed({ items: { $ref: '#' }, uniqueItems: true }, payload)).toBeUndefined();
  });
});

describe('enum', () => {
  it.each<[unknown[], string, boolean]>([
    [[1, 'a', null], '1.0', true],
    [[1, 'a', null], '"a"', true],
    [[1, 'a', null], 'null', true],
    [[1, 'a', null], '"1"', false],
    [[0], '-0', true],
    [[{ a: [1], b: 2 }, [3]], '{"b": 2, "a": [1]}', true],
    [[{ a: [1], b: 2 }, [3]], '[3.0]', true],
    [[{ a: [1], b: 2 }, [3]], '[4]', false],
    [[false], '0', false],
  ])('%j, %s: %s', (values, text, fits) => {
    expect(timed({ enum: values }, JSON.parse(text)) === undefined).toBe(fits);
  });

  it('names some of its values', () => {
    expect(timed({ enum: ['a', 1] }, 2)?.message).toBe(
      'the value must be equal to one of the allowed values: "a", 1',
    );
    expect(timed({ enum: range(50_000, (i) => i) }, -1)?.message.length).toBeLessThan(200);
    expect(new PayloadSchema({ enum: [] }).compile()).toBeDefined();
  });

  it('takes linear time', () => {
    const values = range(20_000, (i) => `value ${i}`);
    expect(
      timed(
        { items: { enum: values } },
        range(70_000, () => values.at(-1)),
      ),
    ).toBeUndefined();
  });

  it('takes linear time where objects are compared', () => {
    const objects = range(10_000, (i) => ({ i }));
    expect(
      timed(
        { items: { enum: objects } },
        range(70_000, () => ({ i: 9_999 })),
      ),
    ).toBeUndefined();
  });
});

describe('references', () => {
  const nested = (depth: number, make: (value: unknown) => unknown, leaf: unknown) => {
    let value = leaf;
    for (let i = 0; i < depth; i++) value = make(value);
    return value;
  };

  it('that double with each level are ended', () => {
    const self = { $ref: '#' };
    const schema = { type: ['object', 'string'], properties: { a: { anyOf: [self, self] } }, maxLength: 1 };
    expect(
      timed(
        schema,
        nested(60, (a) => ({ a }), 'long'),
      )?.message,
    ).toContain('too many steps');
  });

  it('that double without reading on are ended', () => {
    const $defs = Object.fromEntries(
      range(40, (i) => [`d${i}`, { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }]),
    );
    const schema = { $defs: { ...$defs, d40: { maxLength: 2 * MEBIBYTE } }, $ref: '#/$defs/d0' };
    expect(timed(schema, 'x'.repeat(MEBIBYTE))?.message).toContain('too many steps');
    expect(timed(schema, [1])?.message).toContain('too many steps');
  });

  it('by a dynamic anchor are counted, too', () => {
    const self = { $dynamicRef: '#node' };
    const schema = { $dynamicAnchor: 'node', properties: { a: { anyOf: [self, self] } }, maxLength: 1 };
    expect(
      timed(
        schema,
        nested(60, (a) => ({ a }), 'long'),
      )?.message,
    ).toContain('too many steps');
  });

  it('are enough for a large payload, and for each anew', () => {
    const item = { type: 'object', properties: { v: { $ref: '#/$defs/v' } }, required: ['v'] };
    const checked = new PayloadSchema({
      $defs: { item, v: { type: 'number' } },
      items: { $ref: '#/$defs/item' },
    });
    const payload = range(130_000, (v) => ({ v }));
    for (let i = 0; i < 20; i++) expect(checked.check(payload)).toBeUndefined();
  });
});

describe('formats', () => {
  const formats = Object.keys(createAjv(false).formats);
  const texts = [
    'a',
    '1',
    ':',
    '@',
    '/',
    '-',
    '.',
    'a-',
    'a.',
    '1.',
    '%41',
    '{a}',
    '{a,',
    '~0',
    '\n',
    'é',
    '[',
    '(',
  ];
  const heads = ['', 'a@', 'http://', 'http://a', 'P', '#/', '2020-01-01T00:00:00.', 'urn:uuid:'];

  it.each(formats)('%s judges a mebibyte soon', (format) => {
    const checked = new PayloadSchema({ format });
    for (const text of texts)
      for (const head of heads) {
        const payload = `${head}${text.repeat(MEBIBYTE / 8 / text.length)} `;
        const start = process.cpuUsage();
        checked.check(payload);
        expect([head, text, microsSince(start) < SOON_US]).toEqual([head, text, true]);
      }
  });

  it.each([
    ['https://example.org:8080/a?b#c', true],
    ['ftp://user@host/x', true],
    ['http://', false],
    ['mailto:a@b', false],
    ['http://a b', false],
  ])('url %s: %s', (url, fits) => expect(timed({ format: 'url' }, url) === undefined).toBe(fits));

  it('regex takes what people write', () => {
    expect(timed({ format: 'regex' }, '^(a|b)+$')).toBeUndefined();
    expect(timed({ format: 'regex' }, '(')).toBeDefined();
    expect(timed({ format: 'regex' }, 'a'.repeat(5000))).toBeDefined();
  });
});

describe('other keywords', () => {
  const members = Object.fromEntries(range(60_000, (i) => [`k${i}`, 1]));
  const ones = range(400_000, () => 1);

  it.each<[string, object, unknown]>([
    ['contains', { contains: { const: 5 }, minContains: 0, maxContains: 3 }, ones],
    ['unevaluatedItems', { contains: { const: 2 }, minContains: 0, unevaluatedItems: { const: 1 } }, ones],
    [
      'unevaluatedProperties',
      {
        anyOf: range(50, (i) => ({ properties: { [`k${i}`]: true } })),
        unevaluatedProperties: { type: 'number' },
      },
      members,
    ],
    ['propertyNames', { propertyNames: { pattern: '^k\\d+$', maxLength: 9 } }, members],
    ['patternProperties', { patternProperties: { '^k\\d+$': true }, additionalProperties: false }, members],
    ['pattern', { pattern: '^(x|xx)*$' }, 'x'.repeat(MEBIBYTE)],
    ['a pattern with counts', { not: { pattern: '^x{0,9}y' } }, 'x'.repeat(MEBIBYTE)],
    [
      'const',
      { items: { not: { const: range(1000, () => 1) } } },
      range(500, () => [...range(999, () => 1), 2]),
    ],
  ])('%s takes linear time', (_what, schema, payload) => expect(timed(schema, payload)).toBeUndefined());
});

describe('patterns', () => {
  it('of a usual size are matched with a mebibyte', () => {
    expect(timed({ pattern: '^[0-9a-f]+$' }, 'a'.repeat(MEBIBYTE))).toBeUndefined();
    const items = { pattern: '^[A-Z]{2}-\\d{1,4}$' };
    expect(
      timed(
        { items },
        range(90_000, (i) => `AB-${i % 10_000}`),
      ),
    ).toBeUndefined();
  });

  it('that are large are ended', () => {
    const text = range(MEBIBYTE, (i) => ((i * 7919) % 3 ? 'x' : 'y')).join('');
    const checked = timed({ not: { pattern: 'x.{0,500}[uv]$' } }, text);
    expect(checked?.message).toContain('too many steps');
    const many = range(4000, () => text.slice(0, 250));
    expect(timed({ items: { not: { pattern: 'x.{0,500}[uv]$' } } }, many)?.message).toContain(
      'too many steps',
    );
  });
});
