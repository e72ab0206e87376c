import type { Feature } from '#model';
import type { ControlClient } from './client.js';
import type { Feature as Row } from './generated/client.js';

/** Features of interest by path. */
export class Features {
  constructor(private readonly prisma: ControlClient) {}

  async all(): Promise<Feature[]> {
    return (await this.prisma.feature.findMany({ orderBy: { path: 'asc' } })).map(toFeature);
  }

  async get(path: string): Promise<Feature | undefined> {
    const row = await this.prisma.feature.findUnique({ where: { path } });
    return row ? toFeature(row) : undefined;
  }

  /** Creates or replaces. */
  async put({ path, title, description }: Feature): Promise<void> {
    const data = { title: title ?? null, description: description ?? null };
    await this.prisma.feature.upsert({ where: { path }, create: { path, ...data }, update: data });
  }

  /** @returns whether it was there */
  async delete(path: string): Promise<boolean> {
    return (await this.prisma.feature.deleteMany({ where: { path } })).count > 0;
  }
}

function toFeature({ path, title, description }: Row): Feature {
  return { path, ...(title !== null && { title }), ...(description !== null && { description }) };
}
