import type { ControlClient } from './client.js';

/** A property that users of this installation define: its definition is the JSON they sent. */
export interface PropertyRecord {
  readonly term: string;
  readonly definition: unknown;
}

/** Own properties by term. */
export class Properties {
  constructor(private readonly prisma: ControlClient) {}

  async all(): Promise<PropertyRecord[]> {
    const rows = await this.prisma.property.findMany({ orderBy: { term: 'asc' } });
    return rows.map(({ term, definition }) => ({ term, definition: JSON.parse(definition) as unknown }));
  }

  /** Creates or replaces. */
  async put(term: string, definition: unknown): Promise<void> {
    const data = { definition: JSON.stringify(definition) };
    await this.prisma.property.upsert({ where: { term }, create: { term, ...data }, update: data });
  }
}
