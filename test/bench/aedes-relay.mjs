/** Plain aedes as it comes, for reference. Prints its port. */
import { Aedes } from 'aedes';
import { createServer } from 'node:net';

const aedes = await Aedes.createBroker({ queueLimit: 1000 });
const server = createServer({ noDelay: true }, aedes.handle);
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ mqtt: server.address().port })}\n`),
);
