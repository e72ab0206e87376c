/** Characters that look like a degree sign: masculine ordinal, ring above, white bullet. Compatibility forms would turn them into letters. */
const DEGREES = /[º˚◦]/g;
const PRODUCT = /[·⋅∙•×]/g;
/** A bracketed symbol (`[°C]`) sheds its brackets; UCUM's own bracketed codes (`[degF]`, `[in_i]`) keep them. */
const BRACKETED = /^\[([^[\]]*[^\w[\]][^[\]]*)\]$/;
/** What needs no work: words of letters, digits and operators, joined by single dots. */
const PLAIN = /^[\w%/+#'"{}-]+(?:\.[\w%/+#'"{}-]+)*$/;

/**
 * Brings a spelling of a unit to one form: Unicode compatibility forms (NFKC), `µ` and `μ` as `u`, `Ω` as `Ohm`,
 * exponents as plain digits, products and inner spaces as `.`, no spaces around operators, no enclosing
 * brackets, no trailing dots. Letter case is kept: `mW` is not `MW`.
 */
export function normaliseSpelling(spelling: string): string {
  if (PLAIN.test(spelling)) return spelling;
  return spelling
    .replace(DEGREES, '°')
    .normalize('NFKC')
    .trim()
    .replace(/^\((.*)\)$/, '$1')
    .replace(BRACKETED, '$1')
    .replace(/[µμ]/g, 'u')
    .replace(/Ω/g, 'Ohm')
    .replace(/[−‐‑–]/g, '-')
    .replace(/[⁄∕]/g, '/')
    .replace(/(?:\*\*|\^)\s*\(?([+-]?\d+)\)?/g, '$1')
    .replace(/\*/g, '.')
    .replace(PRODUCT, '.')
    .replace(/°\s+/g, '°')
    .replace(/\s*([/.])\s*/g, '$1')
    .replace(/\s+/g, '.')
    .replace(/\.+$/, '');
}
