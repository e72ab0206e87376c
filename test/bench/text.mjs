/** How figures are written, here and in the document. */

/** 12,345 */
export function whole(value) {
  if (!Number.isFinite(value)) return '-';
  return Math.round(value).toLocaleString('en-US');
}

/** 12,345 (12,000 - 13,000): median, least and most. */
export function range({ median, least, most }, write = whole) {
  return least === most ? write(median) : `${write(median)} (${write(least)} - ${write(most)})`;
}

/** Three digits that count. */
export function figure(value) {
  if (!Number.isFinite(value)) return '-';
  if (value >= 100) return whole(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** 2.31 x */
export function times(value) {
  return Number.isFinite(value) ? `${value.toFixed(2)} x` : '-';
}

/** 75 % */
export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** 123 MiB */
export function mebibytes(bytes) {
  return `${whole(bytes / 2 ** 20)} MiB`;
}

/** A table for a terminal: figures to the right. */
export function plainTable({ columns, rows }) {
  const lines = [columns, ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  return lines
    .map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .join('\n');
}

/** The same for a Markdown document. */
export function markdownTable({ columns, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join(
    '\n',
  );
}
