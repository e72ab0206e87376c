import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { Checkpoint, closeSettled } from '../sqlite-file/checkpoint.js';
import { copyFile } from '../sqlite-file/copy-file.js';
import { guarded } from '../sqlite-file/errors.js';
import { Accounts } from './accounts.js';
import { createClient, delivered, type ControlClient } from './client.js';
import { ControlConnection } from './connection.js';
import { Devices } from './devices.js';
import { Features } from './features.js';
import { BUSY_MS, prepareFile } from './open-file.js';
import { Properties } from './properties.js';
import { Schemas } from './schemas.js';
import { Tokens } from './tokens.js';

/** Frames of the log at which it is brought to the file: 4 MiB. */
const LOG_FRAMES = 1000;

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
    private readonly db: Database.Database,
    private readonly checkpoint: Checkpoint,
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
    const db = guarded(path, () => openSecond(path));
    const checkpoint = new Checkpoint(path, db);
    const connection = new ControlConnection(path, () => bring(checkpoint));
    const prisma = createClient(connection);
    try {
      await delivered(prisma.$connect());
    } catch (error) {
      db.close();
      throw error;
    }
    return new ControlStore(path, connection, prisma, db, checkpoint);
  }

  /** Lets calls that were made end, then closes the file. */
  async close(): Promise<void> {
    await this.connection.close();
    await this.prisma.$disconnect();
    this.checkpoint.close();
    try {
      closeSettled(this.file, this.db);
    } catch {
      // The log is read again at the next start.
    }
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

/** The connection that brings the log to the file, and closes last. */
function openSecond(file: string): Database.Database {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_MS });
  // It has its lock when it has read.
  db.pragma('user_version');
  return db;
}

/** After each commit, so that a program that ends in disorder, which may bring the log to the file, leaves it noted. */
function bring(checkpoint: Checkpoint): void {
  try {
    checkpoint.note();
    const { frames, brought } = checkpoint.log;
    if (frames >= LOG_FRAMES && brought < frames) checkpoint.run();
  } catch {
    // It stays in the log, and is noted by the next one.
  }
}
