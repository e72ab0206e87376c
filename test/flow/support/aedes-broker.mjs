/**
 * A plain broker in a process of its own: the existing broker that a gateway is put beside. Prints what happens as
 * JSON lines. Arguments: port (0: any), user, password.
 */
import { Aedes } from 'aedes';
import { createServer } from 'node:net';

const [port, user, password] = process.argv.slice(2);
const tell = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);

const broker = await Aedes.createBroker();
broker.authenticate = (_client, username, secret, done) =>
  done(null, username === user && secret?.toString() === password);
broker.on('subscribe', (subscriptions, client) =>
  tell('subscribe', { client: client.id, filters: subscriptions.map(({ topic }) => topic) }),
);
broker.on('unsubscribe', (filters, client) => tell('unsubscribe', { client: client.id, filters }));
broker.on('ack', (packet, client) =>
  tell('ack', { client: client.id, payload: packet?.payload?.toString() }),
);
broker.on('clientReady', (client) => tell('connect', { client: client.id }));

const server = createServer(broker.handle);
server.listen(Number(port), '127.0.0.1', () => tell('listening', { port: server.address().port }));
