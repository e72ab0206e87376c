/**
 * Loaded into every thread of a process that is profiled (`--import thread-name.mjs?<folder>`): tells which thread of
 * the system it is, so that its CPU time can be read from /proc.
 */
import { readlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

const folder = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const task = Number(basename(readlinkSync('/proc/thread-self')));
const name = isMainThread ? 'main' : basename(process.argv[1] ?? 'worker').replace(/\.worker\.js$/, '');
writeFileSync(`${folder}/thread-${threadId}.json`, JSON.stringify({ id: threadId, task, name }));
