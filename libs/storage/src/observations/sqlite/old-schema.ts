import type { Database } from 'better-sqlite3';

/**
 * The tables of `observations.db` as they were before rows were packed into blocks: each brings them from the version
 * of its index to the next. Files of that time are brought to the last of these, then moved.
 */
const MIGRATIONS: readonly string[] = [
  `create table series(
     id integer primary key, device text not null, name text not null, property text not null,
     unit text not null, feature text not null, kind text not null, type text not null, origin text not null,
     circular integer not null,
     retired integer not null default 0 -- newest batch whose values are no longer retained
   ) strict;
   create table mapping(id integer primary key, schema text not null, version integer not null) strict;
   create table observation(
     s integer not null, -- series
     t integer not null, -- phenomenon time, microseconds
     n integer not null, -- nth value of the datastream at t
     v any not null,
     lag integer not null, -- result time - t
     b integer not null, -- batch
     m integer not null, -- mapping
     q integer not null, -- flags
     primary key(s, t, n)
   ) strict, without rowid;
   create table purging(s integer primary key, b integer not null) strict;
   create table ledger(
     id integer primary key check(id = 1), batch integer not null,
     stored integer not null, duplicate integer not null, unmatched integer not null,
     rejected integer not null, filtered integer not null, refused integer not null,
     v_stored integer not null, v_duplicate integer not null, v_flagged integer not null, v_rejected integer not null,
     last_series integer not null, last_letter integer not null
   ) strict;
   insert into ledger values (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
   create table dead_letter(
     id integer primary key, state integer not null, received integer not null, v_rejected integer not null,
     qos integer not null, topic text not null, client text not null, username text not null,
     device text, schema text, rule text, rejections text not null, size integer not null,
     payload blob not null -- last: a scan need not read it
   ) strict;
   create index dead_letter_received on dead_letter(received);
   create table resend_client(id integer primary key, name text not null unique, count integer not null, batch integer not null) strict;
   create table resend(
     c integer not null, slot integer not null, mid integer not null, hash text not null, primary key(c, slot)
   ) strict, without rowid;`,
  // When the message arrived first: what it stored without a time of its own is found by it.
  'alter table resend add column t integer not null default 0;',
  // The series of one datastream.
  'create index series_datastream on series(device, name);',
];

/** Brings an older file to the last version of its kind. */
export function completeOld(db: Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  for (let next = version; next < MIGRATIONS.length; next++) {
    db.transaction(() => {
      db.exec(MIGRATIONS[next]!);
      db.pragma(`user_version = ${next + 1}`);
    }).immediate();
  }
}
