export type { Conversion } from './conversion.js';
export { UnitTable } from './unit-table.js';
export { nameUnit, type QuantityKind, type Unit, type UnitContext, type UnitProblem } from './unit.js';
