import { ApiQuery } from './decorators.js';
import { applyDecorators } from '@nestjs/common';

const ABOUT: Readonly<Record<string, string>> = {
  property: 'Term, CURIE or IRI; a kind or a broader property includes the narrower ones',
  feature: 'Path of a feature of interest: it and all below it',
  device: 'Device id',
  datastream: 'IRI, device/name, or the name beside device',
  from: 'ISO 8601 time, inclusive',
  to: 'ISO 8601 time, exclusive',
  unit: 'Convert to this unit',
};

/** Filters of observations that a route takes. */
export function ApiFilters(names: readonly string[]): MethodDecorator {
  return applyDecorators(
    ...names.map((name) => ApiQuery({ name, description: ABOUT[name] ?? '', required: false, type: String })),
  );
}
