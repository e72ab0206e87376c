import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BackupError } from './backup-error.mjs';

const CONNECT_MS = 10_000;

/** Asks the gateway for a copy of its data. @returns the stream of a .tar.gz */
export async function requestCopy(gateway) {
  const socket = await connect(gateway);
  const asked = request({
    method: 'POST',
    path: '/api/backup',
    host: gateway.host,
    port: gateway.port,
    headers: { authorization: `Bearer ${gateway.token}`, connection: 'close' },
    createConnection: () => socket,
  });
  asked.end();
  let response;
  try {
    [response] = await once(asked, 'response');
  } catch (error) {
    throw new BackupError(
      `what listens at ${place(gateway)} does not answer as a gateway does (${error.message}). ` +
        'Check GLOSSA_HTTP_PORT and, with TLS, GLOSSA_TLS_CERT.',
    );
  }
  if (response.statusCode !== 200 && response.statusCode !== 201) throw await refusal(response, gateway);
  return response;
}

async function connect(gateway) {
  const { host, port, certificate } = gateway;
  // The name in a certificate is for the world; here it must be the very certificate of the settings (checked below).
  const socket = certificate
    ? connectTls({ host, port, rejectUnauthorized: false })
    : connectPlain({ host, port });
  try {
    await once(socket, certificate ? 'secureConnect' : 'connect', {
      signal: AbortSignal.timeout(CONNECT_MS),
    });
  } catch (error) {
    socket.destroy();
    throw unreachable(gateway, error);
  }
  if (certificate && !certificate.raw.equals(socket.getPeerCertificate().raw)) {
    socket.destroy();
    throw new BackupError(
      `what listens at ${place(gateway)} shows another certificate than GLOSSA_TLS_CERT. ` +
        'Restart the gateway if the file was renewed.',
    );
  }
  return socket;
}

function unreachable(gateway, error) {
  if (error.code === 'ECONNREFUSED') {
    return new BackupError(
      `no gateway runs at ${place(gateway)}. Start it ("npm start") and run this again, ` +
        'or copy its data folder: while it does not run, that is the same.',
    );
  }
  if (gateway.certificate && /SSL|EPROTO|ECONNRESET/.test(`${error.code} ${error.message}`)) {
    return new BackupError(
      `what listens at ${place(gateway)} does not speak TLS; GLOSSA_TLS_CERT says that it does.`,
    );
  }
  return new BackupError(
    `${place(gateway)} cannot be reached: ${error.message}. Check GLOSSA_HOST and GLOSSA_HTTP_PORT.`,
  );
}

async function refusal(response, gateway) {
  if (response.statusCode === 401 || response.statusCode === 403) {
    response.destroy();
    return new BackupError(
      `the gateway at ${place(gateway)} does not accept this token. ` +
        'Set GLOSSA_DATA_DIR or GLOSSA_ADMIN_TOKEN as that gateway has it.',
    );
  }
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return new BackupError(`the gateway at ${place(gateway)} answers ${response.statusCode}: ${reason(text)}`);
}

/** The sentence in a problem document (RFC 9457). */
function reason(text) {
  try {
    const { title, detail } = JSON.parse(text);
    return detail ?? title ?? text;
  } catch {
    return text;
  }
}

function place({ host, port, certificate }) {
  return `${certificate ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
