/**
 * The import law. A lib imports only libs of strictly lower rungs; libs of one rung never import each other. Apps stand
 * on top and compose.
 */
export const RUNGS: Readonly<Record<string, number>> = {
  model: 0,
  telemetry: 0,
  semantics: 1,
  codecs: 1,
  access: 1,
  mapping: 2,
  ingest: 3,
  storage: 4,
  broker: 4,
  control: 5,
  http: 6,
};

/** The rungs would allow these, and still the two never meet but in an app: the planes know nothing of each other. */
export const APART: readonly (readonly [from: string, to: string])[] = [
  ['control', 'broker'],
  ['http', 'broker'],
];

/** An app may build on another one that stands below it. */
export const APPS: Readonly<Record<string, number>> = { gateway: 0, simulator: 1 };

/** Packages that one place keeps to itself, by their names' beginnings. */
export const CONFINED: readonly { readonly packages: readonly string[]; readonly to: readonly string[] }[] = [
  { packages: ['@nestjs/', 'nestjs-pino/'], to: ['apps/gateway', 'libs/http'] },
  { packages: ['aedes'], to: ['libs/broker'] },
  { packages: ['prom-client/'], to: ['libs/http'] },
  { packages: ['@prisma/', 'prisma/', 'better-sqlite3/'], to: ['libs/storage'] },
  { packages: ['jsonata/', 'quickjs-emscripten', '@jitl/'], to: ['libs/mapping'] },
];
