/** Name of the file in the data folder. */
export const HEAD_FILE = 'head.db';

/** Each brings the tables from the version of its index to the next; `user_version` counts those applied. */
export const HEAD_MIGRATIONS: readonly string[] = [
  `create table store(
     id integer primary key check(id = 1),
     name text not null, -- the same in the body's file: they belong together
     merged integer not null -- newest batch whose rows left for the body
   ) strict;
   create table series(
     id integer primary key, device text not null, name text not null, property text not null,
     unit text not null, feature text not null, kind text not null, type text not null, origin text not null,
     circular integer not null,
     retired integer not null default 0 -- newest batch whose values are no longer retained
   ) strict;
   create index series_datastream on series(device, name);
   create table mapping(id integer primary key, schema text not null, version integer not null) strict;
   create table head(
     batch integer primary key, count integer not null, sum integer not null,
     texts text, -- JSON array
     data blob not null
   ) strict;
   create table purging(s integer primary key, b integer not null) strict;
   create table ledger(
     id integer primary key check(id = 1), batch integer not null,
     stored integer not null, duplicate integer not null, unmatched integer not null,
     rejected integer not null, filtered integer not null, refused integer not null,
     v_stored integer not null, v_duplicate integer not null, v_flagged integer not null, v_rejected integer not null,
     last_series integer not null, last_letter integer not null
   ) strict;
   create table dead_letter(
     id integer primary key, state integer not null, received integer not null, v_rejected integer not null,
     qos integer not null, topic text not null, client text not null, username text not null,
     device text, schema text, rule text, rejections text not null, size integer not null,
     payload blob not null -- last: a scan need not read it
   ) strict;
   create index dead_letter_received on dead_letter(received);
   create table resend_client(id integer primary key, name text not null unique, count integer not null, batch integer not null) strict;
   create table resend(
     c integer not null, slot integer not null, mid integer not null, hash text not null, t integer not null,
     primary key(c, slot)
   ) strict, without rowid;`,
];
