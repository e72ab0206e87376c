import { ROOMS, roomState } from '../world.js';
import { round, type Family } from './family.js';

/** Zigbee2MQTT: flat JSON in °C, % and hPa, one topic a device. */
export const zigbee2mqtt: Family = {
  name: 'Zigbee2MQTT',
  profile: 'zigbee2mqtt-climate',
  devices: () =>
    ROOMS.map((room) => ({
      id: `aqara-${room}`,
      title: `Aqara climate sensor, ${room}`,
      feature: `home/${room}`,
    })),
  messages(room, time) {
    const { temperature, humidity, pressure } = roomState(room, time);
    const payload = {
      battery: 97,
      humidity: round(humidity, 2),
      linkquality: 120,
      pressure: round(pressure, 1),
      temperature: round(temperature, 2),
      voltage: 3015,
    };
    return [{ topic: `zigbee2mqtt/aqara-${room}`, payload: JSON.stringify(payload) }];
  },
};
