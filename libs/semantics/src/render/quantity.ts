import type { Conversion } from '../units/index.js';

/** A conversion on read: the unit's local name and how to get there. */
export interface ReadConversion extends Pick<Conversion, 'apply'> {
  readonly unit: string;
}

/** A quantity as it is written: a finite number and its unit's local name. */
export interface WrittenQuantity {
  readonly number: number;
  readonly unit: string;
}

/**
 * A stored value in the unit asked for. Where the converted number is too great for a double (1e307 m as mm), the
 * value stays in the unit it is stored in: no format can write it, and each observation says its own unit.
 */
export function writtenQuantity(
  value: number,
  unit: string,
  conversion: ReadConversion | undefined,
): WrittenQuantity {
  if (!conversion) return { number: value, unit };
  const number = conversion.apply(value);
  return Number.isFinite(number) ? { number, unit: conversion.unit } : { number: value, unit };
}
