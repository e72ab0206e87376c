import { messageOf, seriesOf, T0, valueOf } from '../../../../../test/contract/observation-store-fixtures.js';
import { AppendQueue } from './append-queue.js';

const many = (id: number, count: number) =>
  messageOf(Array.from({ length: count }, (_, i) => valueOf(seriesOf(id), T0 + i, i)));

it('gives a message that would overfill a batch one to itself', () => {
  const sent: { messages: number; rows: number; series: number[] }[] = [];
  const queue: AppendQueue = new AppendQueue({
    sendBatch: ({ messageCount, rowCount, series }) =>
      void sent.push({ messages: messageCount, rows: rowCount, series: series.map(({ id }) => id) }),
  });
  queue.begin(0, [], []);
  for (const message of [
    many(1, 5),
    many(1, 6),
    many(2, 40_000),
    many(3, 20_000),
    many(3, 20_000),
    many(1, 5),
  ])
    queue.submit(message, () => undefined);
  queue.flush();
  expect(sent).toEqual([
    { messages: 2, rows: 11, series: [1] },
    { messages: 1, rows: 40_000, series: [2] },
    { messages: 1, rows: 20_000, series: [3] },
    { messages: 2, rows: 20_005, series: [] },
  ]);
});

it('hands a batch over when its texts are many', () => {
  const sent: number[] = [];
  const queue = new AppendQueue({ sendBatch: ({ messageCount }) => void sent.push(messageCount) });
  queue.begin(0, [], []);
  const text = seriesOf(1, { type: 'text', unit: '' });
  for (let i = 0; i < 5; i++)
    queue.submit(messageOf([valueOf(text, T0 + i, 'x'.repeat(3_000_000))]), () => undefined);
  queue.flush();
  expect(sent).toEqual([3, 2]);
});
