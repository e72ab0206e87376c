import type { MessageAppend } from '#model';

/**
 * What makes a message impossible to store: a sentence, or undefined when nothing does. Such a message is a
 * mistake of the program and must not enter a batch, where it would hold back its neighbours.
 */
export function unstorable(message: MessageAppend): string | undefined {
  for (const { series, schema, time, resultTime, value } of message.values) {
    if (!(Number.isSafeInteger(series.id) && series.id > 0))
      return `series id ${series.id} is not a positive integer`;
    if (!(Number.isSafeInteger(schema.id) && schema.id > 0))
      return `schema id ${schema.id} is not a positive integer`;
    if (!Number.isSafeInteger(time)) return `time ${time} is not an integer of microseconds`;
    if (!Number.isSafeInteger(resultTime))
      return `result time ${resultTime} is not an integer of microseconds`;
    if (typeof value === 'number' && !Number.isFinite(value)) return `value ${value} is not finite`;
  }
  return undefined;
}
