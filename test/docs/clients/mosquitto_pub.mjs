/** Stands in for mosquitto_pub where it is not installed: the options that the examples use. */
import { readFileSync } from 'node:fs';
import { connect } from './connect.mjs';
import { readOptions } from './options.mjs';

const options = readOptions(
  process.argv.slice(2),
  ['-h', '-p', '-u', '-P', '-i', '-t', '-m', '-f', '-q'],
  ['-r', '-n', '-c'],
);
const { last } = options;
const payload = last('-n') ? '' : last('-f') ? readFileSync(last('-f')) : (last('-m') ?? '');
const client = await connect(options);
await client.publishAsync(last('-t'), payload, { qos: Number(last('-q') ?? 0), retain: last('-r') ?? false });
await client.endAsync();
