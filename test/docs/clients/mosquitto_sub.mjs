/** Stands in for mosquitto_sub where it is not installed: the options that the examples use. */
import { connect } from './connect.mjs';
import { readOptions } from './options.mjs';

/** As Mosquitto: the time is over. */
const TIMED_OUT = 27;

const options = readOptions(
  process.argv.slice(2),
  ['-h', '-p', '-u', '-P', '-i', '-t', '-q', '-C', '-W', '-F'],
  ['-v', '-c', '-R', '-E'],
);
const { all, last } = options;
const client = await connect(options);
let left = Number(last('-C') ?? Infinity);
const ended = new Promise((resolve) => {
  client.on('message', (topic, payload, packet) => {
    if (left <= 0 || (last('-R') && packet.retain)) return;
    process.stdout.write(`${last('-v') ? `${topic} ` : ''}${payload.toString()}\n`);
    left--;
    if (left <= 0) resolve(0);
  });
  client.on('close', () => resolve(1));
  if (last('-W')) setTimeout(() => resolve(TIMED_OUT), Number(last('-W')) * 1000);
});
const granted = await client
  .subscribeAsync(all('-t'), { qos: Number(last('-q') ?? 0) })
  .catch(() => [{ qos: 128 }]);
if (granted.every(({ qos }) => qos > 2)) {
  process.stderr.write('All subscription requests were denied.\n');
  process.exit(1);
}
const code = last('-E') ? 0 : await ended;
await client.endAsync(true);
process.exit(code);
