/** A packet for the journal: the payload in base64. */
export function toJson(packet: object): Record<string, unknown> {
  const { payload, ...rest } = packet as { payload?: Buffer | string };
  if (payload === undefined) return rest;
  return { ...rest, payload: Buffer.from(payload as Buffer).toString('base64') };
}

/** The packet of {@link toJson}. */
export function fromJson(value: unknown): object {
  const { payload, ...rest } = value as { payload?: string };
  return payload === undefined ? rest : { ...rest, payload: Buffer.from(payload, 'base64') };
}
