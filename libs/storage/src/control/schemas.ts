import { isDeepStrictEqual } from 'node:util';
import type { RegisteredSchema, SchemaDocument } from '#model';
import { delivered, type ControlClient } from './client.js';
import type { SchemaVersion as Row } from './generated/client.js';
import { pageWindow, toPage, type Page, type PageRequest } from './page.js';

/** How a save ended: a new id, a new version, or the newest version again, which is active now. */
export type SavedSchema = RegisteredSchema & { readonly created: 'new' | 'version' | 'same' };

/** Mapping documents by id, every version of them. At most one version of an id is active. */
export class Schemas {
  constructor(private readonly prisma: ControlClient) {}

  /** The active versions. */
  async active(): Promise<RegisteredSchema[]> {
    const rows = await this.prisma.schemaVersion.findMany({
      where: { active: true },
      orderBy: { id: 'asc' },
    });
    return rows.map(toSchema);
  }

  /** The active version of an id. */
  async get(id: string): Promise<RegisteredSchema | undefined> {
    const row = await this.prisma.schemaVersion.findFirst({ where: { id, active: true } });
    return row ? toSchema(row) : undefined;
  }

  /** Every version of an id, retired ones too, the oldest first. */
  async versions(id: string): Promise<RegisteredSchema[]> {
    const rows = await this.prisma.schemaVersion.findMany({ where: { id }, orderBy: { version: 'asc' } });
    return rows.map(toSchema);
  }

  async version(id: string, version: number): Promise<RegisteredSchema | undefined> {
    const row = await this.prisma.schemaVersion.findUnique({ where: { id_version: { id, version } } });
    return row ? toSchema(row) : undefined;
  }

  /** The active versions, page by page. */
  async list(request: PageRequest): Promise<Page<RegisteredSchema>> {
    const { after, take } = pageWindow(request);
    const rows = await this.prisma.schemaVersion.findMany({
      where: { active: true, id: after },
      orderBy: { id: 'asc' },
      take,
    });
    return toPage(rows, request, (row) => row.id, toSchema);
  }

  /**
   * Makes a document the active version of its id. One that equals the newest version as JSON, whatever the
   * order of its members, makes no new version. Calls for one id happen one after the other.
   */
  async save(document: SchemaDocument): Promise<SavedSchema> {
    const { id } = document;
    const text = JSON.stringify(document);
    const saving = this.prisma.$transaction(async ({ schemaVersion }): Promise<SavedSchema> => {
      const newest = await schemaVersion.findFirst({ where: { id }, orderBy: { version: 'desc' } });
      if (newest && isDeepStrictEqual(JSON.parse(newest.document), JSON.parse(text))) {
        if (!newest.active)
          await schemaVersion.update({
            where: { id_version: { id, version: newest.version } },
            data: { active: true },
          });
        return { ...toSchema(newest), created: 'same' };
      }
      if (newest?.active)
        await schemaVersion.updateMany({ where: { id, active: true }, data: { active: false } });
      const row = await schemaVersion.create({
        data: {
          id,
          version: (newest?.version ?? 0) + 1,
          document: text,
          createdAt: newest?.createdAt ?? new Date().toISOString(),
          active: true,
        },
      });
      return { ...toSchema(row), created: newest ? 'version' : 'new' };
    });
    return delivered(saving);
  }

  /** Takes the active version out of service. @returns whether there was one */
  async retire(id: string): Promise<boolean> {
    const { count } = await this.prisma.schemaVersion.updateMany({
      where: { id, active: true },
      data: { active: false },
    });
    return count > 0;
  }
}

function toSchema({ document, version, createdAt }: Row): RegisteredSchema {
  return { document: JSON.parse(document) as SchemaDocument, version, createdAt };
}
