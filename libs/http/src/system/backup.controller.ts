import { Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '../docs/decorators.js';
import { Requires } from '../auth/requires.js';

/** Makes a consistent copy of the data folder. */
export abstract class BackupSource {
  /** Folder for the copy while it is sent. */
  abstract readonly temporary: string;
  abstract backup(directory: string): Promise<void>;
}

/** A copy of everything, while running. */
@ApiTags('system')
@ApiBearerAuth()
@Controller('api/backup')
export class BackupController {
  constructor(private readonly source: BackupSource) {}

  @Post()
  @Requires('backup')
  @HttpCode(200)
  @ApiResponse({
    status: 200,
    description: 'The copy',
    content: { 'application/gzip': { schema: { type: 'string', format: 'binary' } } },
  })
  @ApiOperation({ summary: 'A consistent copy of the data folder, as a .tar.gz' })
  async backup(@Res() reply: FastifyReply): Promise<void> {
    const directory = await mkdtemp(join(this.source.temporary, 'backup-'));
    const remove = () => void rm(directory, { recursive: true, force: true });
    try {
      await this.source.backup(directory);
      const { create } = await import('tar');
      const archive = create({ gzip: true, cwd: directory, portable: true }, await readdir(directory));
      archive.on('error', remove);
      reply.raw.once('close', remove);
      void reply
        .type('application/gzip')
        .header('Content-Disposition', 'attachment; filename="glossa.tar.gz"')
        .send(archive);
    } catch (error) {
      remove();
      throw error;
    }
  }
}
