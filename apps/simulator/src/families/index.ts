import { bare } from './bare.js';
import type { Family } from './family.js';
import { nanosensor } from './nanosensor.js';
import { rtl433 } from './rtl433.js';
import { shelly } from './shelly.js';
import { tasmota } from './tasmota.js';
import { thingsStack } from './things-stack.js';
import { zigbee2mqtt } from './zigbee2mqtt.js';

/** The families of the fleet. */
export const FAMILIES: readonly Family[] = [
  zigbee2mqtt,
  tasmota,
  shelly,
  thingsStack,
  rtl433,
  bare,
  nanosensor,
];

export type { Family, FleetDevice, FleetMessage } from './family.js';
