import type { MapTarget } from '#mapping';
import type { Rejection } from '#model';
import type { DeviceRefusal } from './device-table.js';
import { MAX_SERIES } from './series-table.js';

/** The rejection of a value whose device may not send. */
export function deviceRefused(target: MapTarget, code: DeviceRefusal, limit: number): Rejection {
  const message =
    code === 'device-limit'
      ? `device ${target.device} would be one more than the ${limit} that GLOSSA_MAX_DEVICES allows`
      : `device ${target.device} is not registered and the schema does not create devices`;
  return { stage: 'check', code, message, name: target.name };
}

/** The rejection of a value whose datastream observes something else. */
export function propertyChanged(target: MapTarget): Rejection {
  const message = `datastream ${target.device}/${target.name} observes another property than ${target.property.term}`;
  return { stage: 'check', code: 'datastream-property-changed', message, name: target.name };
}

/** The rejection of a value whose series would be one too many. */
export function seriesLimit(target: MapTarget): Rejection {
  const message = `device ${target.device} has ${MAX_SERIES} series already: datastreams at a feature, in a unit`;
  return { stage: 'check', code: 'series-limit', message, name: target.name };
}
