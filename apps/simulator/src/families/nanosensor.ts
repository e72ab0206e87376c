import { roomState } from '../world.js';
import { round, type Family } from './family.js';

/** A gateway of nanosensors: an array of molar concentrations, one entry a sensor, a time for all. */
export const nanosensor: Family = {
  name: 'Nanosensors',
  profile: 'nanosensor-gateway',
  devices: () => [
    { id: 'patch-1-glu', title: 'Glucose patch', feature: 'home/bedroom' },
    { id: 'patch-1-lac', title: 'Lactate patch', feature: 'home/bedroom' },
    { id: 'patch-1-tnt', title: 'Troponin T patch', feature: 'home/bedroom' },
    { id: 'patch-1-mag', title: 'Nanomagnetic probe', feature: 'home/bedroom' },
  ],
  messages(room, time) {
    if (room !== 'bedroom') return [];
    const { temperature } = roomState(room, time);
    const wave = Math.sin(time / 900_000) + Math.sin(time / 13_000) * 0.1;
    const payload = {
      gw: 'patch-1',
      ts: time,
      readings: [
        { id: 'glu', analyte: 'glucose', c: round(5.1 + wave * 0.8, 2), u: 'mmol/L' },
        { id: 'lac', analyte: 'lactate', c: round(1100 + wave * 250, 0), u: 'µmol/L' },
        { id: 'tnt', analyte: 'troponin-t', c: round(120 + wave * 15, 1), u: 'pmol/L' },
        { id: 'mag', analyte: 'flux', b: round(48 + temperature * 0.1 + wave, 2) },
      ],
    };
    return [{ topic: 'nano/patch-1/readings', payload: JSON.stringify(payload) }];
  },
};
