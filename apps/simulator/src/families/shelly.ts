import { ROOMS, roomState } from '../world.js';
import { fahrenheit, round, type Family } from './family.js';

const MACS = { kitchen: '08b61fcb7f3c', office: '08b61fcb81a4', bedroom: '08b61fcb9e10' } as const;

/** Shelly Gen2: JSON-RPC NotifyStatus with components such as `temperature:0`. */
export const shelly: Family = {
  name: 'Shelly Gen2',
  profile: 'shelly-gen2-ht',
  devices: () =>
    ROOMS.map((room) => ({
      id: `shellyplusht-${MACS[room]}`,
      title: `Shelly Plus H&T, ${room}`,
      feature: `home/${room}`,
    })),
  messages(room, time) {
    const { temperature, humidity } = roomState(room, time);
    const src = `shellyplusht-${MACS[room]}`;
    const payload = {
      src,
      dst: `${src}/events`,
      method: 'NotifyStatus',
      params: {
        ts: round(time / 1000, 2),
        'temperature:0': { id: 0, tC: round(temperature, 1), tF: round(fahrenheit(temperature), 1) },
        'humidity:0': { id: 0, rh: round(humidity, 1) },
        'devicepower:0': { id: 0, battery: { V: 5.32, percent: 91 }, external: { present: false } },
      },
    };
    return [{ topic: `${src}/events/rpc`, payload: JSON.stringify(payload) }];
  },
};
