import type { Logger } from 'pino';
import type { Outcome } from '#ingest';

/**
 * Tells at `debug` why a message, or a value of it, was not stored. The reasons may quote the payload, so it is told
 * at no other level; dead letters have all of them.
 */
export function logRejections(outcome: Outcome, logger: Logger): void {
  if (outcome.rejections.length === 0 || !logger.isLevelEnabled('debug')) return;
  const { raw, state, rejections, device, schema } = outcome;
  const { client, username, topic, qos, packetId } = raw;
  const [first] = rejections;
  logger.debug(
    {
      client,
      username,
      topic,
      qos,
      ...(packetId !== undefined && { packetId }),
      ...(device !== undefined && { device }),
      ...(schema !== undefined && { schema }),
      state,
      code: first!.code,
      stage: first!.stage,
      reason: first!.message,
      ...(rejections.length > 1 && { more: rejections.length - 1 }),
    },
    state === 'stored' ? 'values rejected' : `message ${state}`,
  );
}
