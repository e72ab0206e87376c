import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { copyFile } from '../sqlite-file/copy-file.js';
import { guarded } from '../sqlite-file/errors.js';
import { Accounts } from './accounts.js';
import { createClient, delivered, type ControlClient } from './client.js';
import { ControlConnection } from './connection.js';
import { Devices } from './devices.js';
import { Features } from './features.js';
import { ControlLog } from './control-log.js';
import { prepareFile } from './open-file.js';
import { Properties } from './properties.js';
import { Schemas } from './schemas.js';
import { Tokens } from './tokens.js';

/**
 * What users register, in one SQLite file: accounts, tokens, devices, features, schemas and properties.
 * What a call wrote is on the disk when it returns. A file that cannot be used, and any call after `close`, gives
 * GlossaError('unavailable').
 */
export class ControlStore {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly devices: Devices;
  readonly features: Features;
  readonly schemas: Schemas;
  readonly properties: Properties;

  private constructor(
    private readonly file: string,
    private readonly connection: ControlConnection,
    private readonly prisma: ControlClient,
    private readonly log: ControlLog,
  ) {
    this.accounts = new Accounts(prisma);
    this.tokens = new Tokens(prisma);
    this.devices = new Devices(prisma);
    this.features = new Features(prisma);
    this.schemas = new Schemas(prisma);
    this.properties = new Properties(prisma);
  }

  /** Opens the file, creates it and its folder, and brings its tables up to date. Throws GlossaError('unavailable'). */
  static async open(file: string): Promise<ControlStore> {
    const path = resolve(file);
    prepareFile(path);
    const log = guarded(path, () => new ControlLog(path));
    const connection = new ControlConnection(path, () => log.written());
    const prisma = createClient(connection);
    try {
      await delivered(prisma.$connect());
    } catch (error) {
      log.close();
      throw error;
    }
    return new ControlStore(path, connection, prisma, log);
  }

  /** Lets calls that were made end, then closes the file. */
  async close(): Promise<void> {
    await this.connection.close();
    await this.prisma.$disconnect();
    this.log.close();
  }

  /** Why the file's log grows, though what is written is kept. */
  get warning(): string | undefined {
    return this.log.warning;
  }

  /** Writes what is stored now to a file that does not exist yet. Throws GlossaError('unavailable'). */
  async backup(target: string): Promise<void> {
    await this.connection.alone(() =>
      guarded(target, () => {
        const db = new Database(this.file, { readonly: true, fileMustExist: true });
        try {
          copyFile(db, target);
        } finally {
          db.close();
        }
      }),
    );
  }
}
