import { PayloadSchema } from './payload-schema.js';

describe('PayloadSchema', () => {
  const schema = new PayloadSchema({
    type: 'object',
    required: ['t'],
    properties: {
      t: { type: 'number', minimum: -40 },
      firmware: { type: 'string', pattern: '^\\d+\\.\\d+$' },
      serial: { type: 'string', pattern: '^[A-Z]{2}' },
      at: { type: 'string', format: 'date-time' },
    },
    patternProperties: { '^x-': { type: 'boolean' } },
  });

  it.each([
    { t: 1 },
    { t: 1, firmware: '2.1', serial: 'AB12' },
    { t: 1, at: '2025-06-01T00:00:00Z' },
    { t: 1, 'x-a': true, y: 'x-' },
  ])('accepts %j', (payload) => {
    expect(schema.check(payload)).toBeUndefined();
  });

  it.each([
    [{}, ''],
    [{ t: -41 }, '/t'],
    [{ t: 1, firmware: 'beta' }, '/firmware'],
    [{ t: 1, firmware: 'AB' }, '/firmware'],
    [{ t: 1, serial: '2.1' }, '/serial'],
    [{ t: 1, at: 'yesterday' }, '/at'],
    [{ t: 1, 'x-a': 1 }, '/x-a'],
  ])('tells where %j does not fit', (payload, pointer) => {
    expect(schema.check(payload)).toMatchObject({ pointer });
  });

  it('matches in linear time what hangs a backtracking engine', () => {
    const hostile = new PayloadSchema({ pattern: '^(a+)+$' });
    expect(hostile.check(`${'a'.repeat(50_000)}b`)).toBeDefined();
  });

  it('says why a schema is none', () => {
    expect(new PayloadSchema({ pattern: '(?=a)b' }).compile()).toBeDefined();
    expect(new PayloadSchema({ type: 'nothing' }).compile()).toBeDefined();
    expect(new PayloadSchema({ $async: true }).compile()).toBeDefined();
    expect(new PayloadSchema({ type: 'object' }).compile()).toBeUndefined();
  });

  it('ends for a schema that refers to itself without reading on', () => {
    expect(new PayloadSchema({ $ref: '#' }).check({})?.message).toContain('cannot be evaluated');
  });
});
