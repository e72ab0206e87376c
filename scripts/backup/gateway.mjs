import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BackupError } from './backup-error.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const LOOPBACK = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where the gateway of these settings listens, its certificate if it has one, and the token that it accepts. */
export function readGateway(env = process.env) {
  const setting = (name, fallback) => env[name]?.trim() || fallback;
  const host = setting('GLOSSA_HOST', '127.0.0.1');
  const port = setting('GLOSSA_HTTP_PORT', '3000');
  if (!/^[1-9]\d{0,4}$/.test(port)) {
    throw new BackupError(
      `GLOSSA_HTTP_PORT=${port} does not say where the gateway listens; set it to that port.`,
    );
  }
  const certificate = setting('GLOSSA_TLS_CERT');
  return {
    host: LOOPBACK[host] ?? host,
    port: Number(port),
    certificate: certificate && readCertificate(certificate),
    token: setting('GLOSSA_ADMIN_TOKEN') ?? readToken(resolve(ROOT, setting('GLOSSA_DATA_DIR', 'data'))),
  };
}

function readCertificate(file) {
  try {
    return new X509Certificate(readFileSync(resolve(ROOT, file)));
  } catch (error) {
    throw new BackupError(`GLOSSA_TLS_CERT=${file} cannot be read: ${error.message}.`);
  }
}

function readToken(folder) {
  const file = join(folder, 'admin-token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') {
      throw new BackupError(
        `there is no ${file}. Set GLOSSA_DATA_DIR or GLOSSA_ADMIN_TOKEN as the gateway has it; ` +
          'a gateway that was never started has nothing to back up.',
      );
    }
    throw new BackupError(`${file} cannot be read: ${error.message}.`);
  }
}
