import { METRICS, type Metric } from '../../libs/telemetry/src/index.js';
import { readDocument } from './documents.js';
import { plain } from './markdown.js';

const { tables, prose } = readDocument('docs/metrics.md');

it('lists every metric as the code has it', () => {
  const table = tables.find(([head]) => head?.[0] === 'Metric');
  const listed = Object.entries<Metric>(METRICS).map(([name, { type, labels = [], help }]) => [
    name,
    type,
    labels.join(', '),
    help,
  ]);
  expect(table?.slice(1).map((cells) => cells.map(plain))).toEqual(listed.map((cells) => cells.map(plain)));
});

it('asks for no metric that is not there', () => {
  const asked = tables.flat(2).join('\n') + prose;
  for (const [, name = ''] of asked.matchAll(/\b(glossa_\w+?)(?:_bucket|_sum|_count)?\b(?=[^\w])/g))
    expect([name, Object.keys(METRICS)]).toEqual([name, expect.arrayContaining([name])]);
});
