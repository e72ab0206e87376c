/** Name of the file in the data folder. */
export const BODY_FILE = 'observations.db';

/** `user_version` of the last version that had all tables in this file. */
export const OLD_VERSION = 3;

/**
 * Each brings the tables from the version of its index + {@link OLD_VERSION} to the next. A table with rowids: the
 * blocks that one merge makes lie beside each other, so that the next one, which goes on with them, writes few pages;
 * keyed by (s, t, n) it wrote twice the bytes.
 */
export const BODY_MIGRATIONS: readonly string[] = [
  `create table body(
     id integer primary key check(id = 1),
     name text not null, -- the same in the head's file
     done integer not null, -- batches up to this one are here as a whole
     upto integer not null, series integer not null -- of those up to upto, the series up to this one are here too
   ) strict;
   create table block(
     id integer primary key,
     s integer not null, -- series
     t integer not null, n integer not null, -- key of the first row: time, nth
     e integer not null, -- time of the last row
     c integer not null, -- rows
     b integer not null, -- newest batch of its rows
     f blob not null, -- facts
     d blob not null -- rows; last: facts are read without it
   ) strict;
   create unique index block_key on block(s, t, n);`,
];
