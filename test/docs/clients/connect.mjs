import mqtt from 'mqtt';

/** Connects with -h, -p, -u, -P, -i and -c as Mosquitto's clients do; ends the process when it is refused. */
export async function connect({ last }) {
  try {
    return await mqtt.connectAsync(`mqtt://${last('-h') ?? 'localhost'}:${last('-p') ?? 1883}`, {
      username: last('-u'),
      password: last('-P'),
      clean: !last('-c'),
      ...(last('-i') && { clientId: last('-i') }),
      reconnectPeriod: 0,
    });
  } catch (error) {
    process.stderr.write(`Connection error: ${error.message}.\n`);
    process.exit(error.code ?? 1);
  }
}
