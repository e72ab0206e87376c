import { growth } from './groups/growth.mjs';
import { latency } from './groups/latency.mjs';
import { memory } from './groups/memory.mjs';
import { micro } from './groups/micro.mjs';
import { nodeRed } from './groups/node-red.mjs';
import { queries } from './groups/queries.mjs';
import { soak } from './groups/soak.mjs';
import { start } from './groups/start.mjs';
import { throughput } from './groups/throughput.mjs';

/** What `npm run bench` measures, in this order. */
export const GROUPS = [micro, start, throughput, nodeRed, latency, growth, queries, memory];

/** What `--quick` measures unless groups are named. */
export const QUICK = [micro, start, throughput, latency];

/** What is measured when asked by name. */
export const OPTIONAL = [soak];
