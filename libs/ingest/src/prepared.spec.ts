import type { RawMessage } from '#model';
import { prepare } from './prepared.js';

const raw: RawMessage = {
  topic: 'raw/d',
  payload: Buffer.from('{}'),
  qos: 0,
  retain: false,
  dup: false,
  received: 1_750_000_000_000_000,
  client: 'c',
  username: 'u',
};

describe('the reasons of a message', () => {
  it('are told as they are', () => {
    const rejections = [{ stage: 'map', code: 'expression-failed', message: 'x'.repeat(1000) } as const];
    const { rejections: told, deadLetter } = prepare(raw, 'rejected', [], rejections);
    expect(told).toBe(rejections);
    expect(deadLetter?.rejections).toBe(rejections);
  });

  it('are cut where they quote what is long, whatever their source', () => {
    const pointer = `/${'k'.repeat(900_000)}`;
    const { rejections, deadLetter } = prepare(
      raw,
      'rejected',
      [],
      [
        { stage: 'map', code: 'expression-failed', message: 'x'.repeat(900_000), name: 't', item: 3 },
        { stage: 'check', code: 'payload-mismatch', message: `${pointer} must be number`, pointer },
        { stage: 'map', code: 'value-not-number', message: `${'x'.repeat(998)}😀😀`, name: 'u' },
        { stage: 'map', code: 'value-not-text', message: 'short', name: 'v' },
      ],
    );
    expect(rejections).toEqual([
      { stage: 'map', code: 'expression-failed', message: `${'x'.repeat(999)}…`, name: 't', item: 3 },
      {
        stage: 'check',
        code: 'payload-mismatch',
        message: `/${'k'.repeat(998)}…`,
        pointer: `/${'k'.repeat(998)}…`,
      },
      { stage: 'map', code: 'value-not-number', message: `${'x'.repeat(998)}…`, name: 'u' },
      { stage: 'map', code: 'value-not-text', message: 'short', name: 'v' },
    ]);
    expect(deadLetter?.rejections).toBe(rejections);
  });

  it('are a hundred at most, and all are counted', () => {
    const many = Array.from({ length: 150 }, () => ({
      stage: 'map' as const,
      code: 'value-not-number',
      message: 'x'.repeat(2000),
      name: 't',
    }));
    const { rejections, rejectedValues } = prepare(raw, 'rejected', [], many);
    expect([rejections.length, rejectedValues]).toEqual([100, 150]);
    expect(rejections.every(({ message }) => message.length === 1000)).toBe(true);
  });
});
