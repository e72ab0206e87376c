import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import Database from 'better-sqlite3';
import { GlossaError } from '#model';
import { checkFile } from '../../sqlite-file/check-file.js';
import { closeSettled, closeUnsettled } from '../../sqlite-file/closing.js';
import { guarded } from '../../sqlite-file/errors.js';
import { PageSums } from '../../sqlite-file/page-sums.js';
import { BODY_MIGRATIONS, OLD_VERSION } from './body/body-schema.js';
import { COMPARED_AT_START, filesOf, limit, openFile, type FileSettings } from './files.js';
import { HEAD_MIGRATIONS } from './head/head-schema.js';
import { moveOldFile } from './move-old-file.js';

/**
 * Makes the files if there are none, brings older ones up to date and checks that they belong together. To be done
 * before a thread opens one of them. Throws GlossaError('unavailable').
 */
export function prepareFiles(settings: FileSettings, tell: (text: string) => void): void {
  const { head: headFile, body: bodyFile } = filesOf(settings.directory);
  guarded(settings.directory, () => mkdirSync(settings.directory, { recursive: true }));
  const isSynced = settings.durability === 'fsync';
  guarded(headFile, () => checkFile(headFile, { isSynced }));
  // The body's log may end early: what it lacks is in the head still, or the two do not fit each other. One without a
  // head is of the time of one file.
  const isOld = !existsSync(headFile);
  guarded(bodyFile, () => checkFile(bodyFile, { isSynced: isSynced && isOld, upTo: COMPARED_AT_START }));
  guarded(bodyFile, () => moveOldFile(settings, tell));
  if (!existsSync(headFile) && !existsSync(bodyFile))
    for (const file of [headFile, bodyFile]) PageSums.remove(file);
  const hadHead = existsSync(headFile);
  if (hadHead && !existsSync(bodyFile)) throw missing(bodyFile, headFile, 'belongs to it');
  // An unused body may be what a first start left; a head with checksums was complete.
  if (!hadHead && existsSync(bodyFile) && PageSums.areThere(headFile))
    throw missing(headFile, bodyFile, 'belongs to it');
  // The body first: a head without a body is never what a kill left.
  const body = openFile(bodyFile, settings, BODY_MIGRATIONS, OLD_VERSION);
  try {
    const held = guarded(bodyFile, () => bodyState(body));
    if (!hadHead && held?.used) throw missing(headFile, bodyFile, 'holds observations');
    const head = openFile(headFile, settings, HEAD_MIGRATIONS, 0);
    try {
      pair(head, body, headFile, bodyFile);
    } catch (error) {
      closeUnsettled(headFile, head);
      throw error;
    }
    guarded(headFile, () => closeSettled(headFile, head));
  } catch (error) {
    closeUnsettled(bodyFile, body);
    throw error;
  }
  guarded(bodyFile, () => closeSettled(bodyFile, body));
}

/** The head's file for the one thread that writes it. Throws GlossaError('unavailable'). */
export function openHead(settings: FileSettings): Database.Database {
  const file = filesOf(settings.directory).head;
  return guarded(file, () => {
    const db = new Database(file, { fileMustExist: true });
    db.pragma(`synchronous = ${settings.durability === 'fsync' ? 'FULL' : 'NORMAL'}`);
    // See Checkpoint.
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('cache_size = -4096');
    db.pragma('temp_store = MEMORY');
    limit(db, settings);
    return db;
  });
}

/** The body's file for the one thread that writes it. Throws GlossaError('unavailable'). */
export function openBody(settings: FileSettings): Database.Database {
  const file = filesOf(settings.directory).body;
  return guarded(file, () => {
    const db = new Database(file, { fileMustExist: true });
    db.pragma('synchronous = NORMAL');
    db.pragma('wal_autocheckpoint = 0');
    db.pragma('journal_size_limit = 67108864');
    db.pragma('cache_size = -8192');
    db.pragma('temp_store = MEMORY');
    limit(db, settings);
    return db;
  });
}

/** A file for a thread that only reads it. Throws GlossaError('unavailable'). */
export function openForReading(file: string): Database.Database {
  return guarded(file, () => {
    const db = new Database(file, { readonly: true, fileMustExist: true });
    db.pragma('cache_size = -8192');
    db.pragma('temp_store = MEMORY');
    return db;
  });
}

interface BodyState {
  readonly name: string;
  readonly done: number;
  readonly used: boolean;
}

function bodyState(body: Database.Database): BodyState | undefined {
  return body
    .prepare<[], BodyState>(
      'select name, done, done > 0 or upto > 0 or exists(select 1 from block) as used from body',
    )
    .get();
}

/** Names new files, and refuses files that were not written together. */
function pair(head: Database.Database, body: Database.Database, headFile: string, bodyFile: string): void {
  const held = guarded(bodyFile, () => bodyState(body));
  const own = guarded(headFile, () =>
    head
      .prepare<[], { name: string; merged: number; batch: number }>(
        'select name, merged, batch from store, ledger',
      )
      .get(),
  );
  if (!own) {
    if (held?.used) throw missing(headFile, bodyFile, 'holds observations', 'holds nothing');
    const name = held?.name ?? randomBytes(16).toString('hex');
    guarded(bodyFile, () => body.prepare('insert or ignore into body values (1, ?, 0, 0, 0)').run(name));
    guarded(headFile, () =>
      head
        .transaction(() => {
          head.prepare('insert into store values (1, ?, 0)').run(name);
          head.prepare('insert into ledger values (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)').run();
        })
        .immediate(),
    );
    return;
  }
  if (!held) throw missing(bodyFile, headFile, 'belongs to it', 'holds nothing');
  if (held.name !== own.name) throw notTogether(headFile, bodyFile, 'they are of two different stores');
  if (own.merged > held.done) throw notTogether(headFile, bodyFile, `${bodyFile} is the older`);
  if (held.done > own.batch) throw notTogether(headFile, bodyFile, `${headFile} is the older`);
}

function missing(file: string, other: string, how: string, what = 'is missing'): GlossaError {
  return new GlossaError(
    'unavailable',
    `${file} ${what}, but ${other}, which ${how}, is there. Put the file back, or move both away and restore a backup, which has both.`,
  );
}

function notTogether(head: string, body: string, why: string): GlossaError {
  return new GlossaError(
    'unavailable',
    `${head} and ${body} do not belong together: ${why}. Put the right file back, or move both away and restore a backup, which has both.`,
  );
}
