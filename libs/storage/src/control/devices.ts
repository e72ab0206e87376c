import type { Device } from '#model';
import type { ControlClient } from './client.js';
import type { Device as Row } from './generated/client.js';
import { pageWindow, toPage, type Page, type PageRequest } from './page.js';

/** Devices by id. */
export class Devices {
  constructor(private readonly prisma: ControlClient) {}

  async all(): Promise<Device[]> {
    return (await this.prisma.device.findMany({ orderBy: { id: 'asc' } })).map(toDevice);
  }

  async get(id: string): Promise<Device | undefined> {
    const row = await this.prisma.device.findUnique({ where: { id } });
    return row ? toDevice(row) : undefined;
  }

  /** Creates or replaces. */
  async put({ id, title, schemas, feature, account, auto }: Device): Promise<void> {
    const data = {
      title: title ?? null,
      schemas: JSON.stringify(schemas),
      feature: feature ?? null,
      account: account ?? null,
      auto,
    };
    await this.prisma.device.upsert({ where: { id }, create: { id, ...data }, update: data });
  }

  /** @returns whether it was there */
  async delete(id: string): Promise<boolean> {
    return (await this.prisma.device.deleteMany({ where: { id } })).count > 0;
  }

  async list(request: PageRequest): Promise<Page<Device>> {
    const { after, take } = pageWindow(request);
    const rows = await this.prisma.device.findMany({ where: { id: after }, orderBy: { id: 'asc' }, take });
    return toPage(rows, request, (row) => row.id, toDevice);
  }

  /** Creates devices that messages made; those that exist stay as they are. One statement, however many. */
  async createMany(ids: readonly string[]): Promise<void> {
    // Prisma's createMany cannot skip existing rows on SQLite.
    await this.prisma.$executeRaw`
      insert into device(id, schemas, auto)
      select value, '[]', true from json_each(${JSON.stringify(ids)}) where true
      on conflict do nothing`;
  }
}

function toDevice({ id, title, schemas, feature, account, auto }: Row): Device {
  return {
    id,
    ...(title !== null && { title }),
    schemas: JSON.parse(schemas) as string[],
    ...(feature !== null && { feature }),
    ...(account !== null && { account }),
    auto,
  };
}
