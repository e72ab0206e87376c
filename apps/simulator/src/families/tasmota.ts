import { ROOMS, roomState } from '../world.js';
import { fahrenheit, round, type Family } from './family.js';

/** Tasmota: values nested under the sensor's name, the temperature's unit beside them, local time without a zone. */
export const tasmota: Family = {
  name: 'Tasmota',
  profile: 'tasmota-am2301',
  devices: () =>
    ROOMS.map((room) => ({
      id: `tasmota_${room}`,
      title: `Tasmota AM2301, ${room}`,
      feature: `home/${room}`,
    })),
  messages(room, time) {
    const { temperature, humidity } = roomState(room, time);
    const dew = temperature - (100 - humidity) / 5;
    const payload = {
      Time: new Date(time).toISOString().slice(0, 19),
      AM2301: {
        Temperature: round(fahrenheit(temperature), 1),
        Humidity: round(humidity, 1),
        DewPoint: round(fahrenheit(dew), 1),
      },
      TempUnit: 'F',
    };
    return [{ topic: `tele/tasmota_${room}/SENSOR`, payload: JSON.stringify(payload) }];
  },
};
