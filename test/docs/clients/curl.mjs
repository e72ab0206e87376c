/** Stands in for curl where it is not installed: the options that the examples use. */
import { readFileSync, writeFileSync } from 'node:fs';
import { readOptions } from './options.mjs';

const { all, last, rest } = readOptions(
  process.argv.slice(2),
  ['-X', '-H', '-d', '--data-binary', '--data-urlencode', '-o', '-u', '-T'],
  ['-s', '-S', '-i', '-G', '-f'],
);
let [url] = rest;
const data = [...all('-d'), ...all('--data-binary')].map((text) =>
  text.startsWith('@') ? readFileSync(text === '@-' ? 0 : text.slice(1), 'utf8') : text,
);
const encoded = all('--data-urlencode').map((pair) => {
  const cut = pair.indexOf('=');
  return pair.slice(0, cut + 1) + encodeURIComponent(pair.slice(cut + 1));
});
let body = [...data, ...encoded].join('&');
const headers = { Accept: '*/*' };
if (last('-G')) {
  url += `${url.includes('?') ? '&' : '?'}${body}`;
  body = '';
}
if (body !== '') headers['Content-Type'] = 'application/x-www-form-urlencoded';
for (const header of all('-H')) {
  const cut = header.indexOf(':');
  const name = header.slice(0, cut);
  for (const known of Object.keys(headers))
    if (known.toLowerCase() === name.toLowerCase()) delete headers[known];
  headers[name] = header.slice(cut + 1).trim();
}
const response = await fetch(url.replace('localhost:3000', process.env.CONNECT_TO), {
  method: last('-X') ?? (body === '' ? 'GET' : 'POST'),
  headers,
  ...(body !== '' && { body }),
});
const bytes = Buffer.from(await response.arrayBuffer());
if (last('-i')) {
  const lines = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`);
  process.stdout.write(`HTTP/1.1 ${response.status} ${response.statusText}\r\n${lines.join('')}\r\n`);
}
if (last('-o')) writeFileSync(last('-o'), bytes);
else process.stdout.write(bytes);
if (last('-f') && !response.ok) process.exitCode = 22;
