import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { Sandbox } from './sandbox.js';

const library = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('jsonata')), 'jsonata.min.js'),
  'utf8',
);
const INFINITE = '($f := function() { $f() }; $f())';
const start = (deadlineMs = 100) => Sandbox.start(library, { deadlineMs, memoryBytes: 64 * 1024 * 1024 });

// Reading jsonata takes QuickJS seconds where every core is busy.
jest.setTimeout(60_000);
afterEach(() => jest.restoreAllMocks());

describe('the deadline', () => {
  it('is of work, not of the time that passes while the thread waits its turn', async () => {
    const sandbox = await start();
    let now = 0;
    // Every look at the clock is ten minutes later.
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 600_000));
    expect(sandbox.evaluate('$sum($map([1..200], function($v) { $v }))', '{}', '{}')).toEqual({
      value: '20100',
    });
    expect(sandbox.broken).toBe(false);
    expect(sandbox.evaluate(INFINITE, '{}', '{}')).toMatchObject({ error: { code: 'expression-timeout' } });
    expect(sandbox.broken).toBe(true);
  });

  it('does not end what is quick, however much it does', async () => {
    const sandbox = await start(1);
    let now = 0;
    // The clock stands nearly still: a fast machine.
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 1e-6));
    expect(sandbox.evaluate('$count($map([1..5000], function($v) { $v }))', '{}', '{}')).toEqual({
      value: '5000',
    });
  });

  it('of an error is no deadline missed', async () => {
    const sandbox = await start(1);
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 600_000));
    expect(sandbox.evaluate('$error("no")', '{}', '{}')).toMatchObject({
      error: { code: 'expression-failed', jsonata: 'D3137' },
    });
    expect(sandbox.broken).toBe(false);
  });
});

it('cuts what an error says: it may quote the payload', async () => {
  const sandbox = await start(60_000);
  const input = JSON.stringify({ xs: ['x'.repeat(900_000)] });
  const { error } = sandbox.evaluate('$map(xs, function($v){ $number($v) })', input, '{}');
  expect(error).toMatchObject({ code: 'expression-failed', jsonata: 'D3030' });
  expect([error!.message.length, error!.message.at(-1)]).toEqual([1000, '…']);
  expect(sandbox.broken).toBe(false);
});

it('evaluates what is nested as deep as is accepted', async () => {
  const sandbox = await start(60_000);
  const deep = (open: string, close: string, times: number) => `${open.repeat(times)}1${close.repeat(times)}`;
  for (const source of [
    deep('(', ')', 120),
    deep('$sum(', ')', 120),
    deep('[', ']', 100),
    `1${' + 1'.repeat(245)}`,
    deep('{"a":', '}', 80),
  ]) {
    expect(sandbox.evaluate(source, '', '{}')).toEqual({ value: expect.any(String) });
  }
});

it('takes a mebibyte of payload, once for the expressions of a message', async () => {
  const sandbox = await start(60_000);
  const input = `[${'[],'.repeat(340_000)}[]]`;
  expect(sandbox.evaluate('$count($)', input, '{}')).toEqual({ value: '340001' });
  const from = performance.now();
  for (let i = 0; i < 20; i++) sandbox.evaluate('$count($)', input, '{}');
  const again = performance.now() - from;
  sandbox.evaluate('1', '', '{}');
  const other = performance.now();
  sandbox.evaluate('$count($)', input, '{}');
  expect(again).toBeLessThan((performance.now() - other) * 20);
});
