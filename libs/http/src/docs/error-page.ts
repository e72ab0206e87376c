import { ERRORS, type ErrorCode } from '#model';
import { statusOf } from '../problem/status.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string) => text.replace(/[&<>"]/g, (char) => ENTITIES[char]!);

/** The error catalogue as a page: where the `type` of every problem leads. */
export function errorPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { title, hint }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${statusOf(code as ErrorCode)}</td><td>${escape(title)}</td><td>${escape(hint)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Glossa: errors</title>
<style>body { font: 16px/1.5 sans-serif; margin: 2em } td, th { padding: .3em 1em; text-align: left } :target { background: #ffc }</style>
<h1>Errors</h1>
<p>Every code that answers, dead letters and previews carry. The status is that of an answer.</p>
<table>
<tr><th>Code</th><th>Status</th><th>What happened</th><th>The way out</th></tr>
${rows.join('\n')}
</table>
</html>
`;
}
