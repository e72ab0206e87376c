import { ROOMS, outdoorState, roomState } from '../world.js';
import { fahrenheit, round, type Family } from './family.js';

const IDS = { kitchen: 11, office: 12, bedroom: 13 } as const;

/** rtl_433: whatever the radio hears on one topic, in customary units; the device is model and id. */
export const rtl433: Family = {
  name: 'rtl_433',
  profile: 'rtl433-events',
  devices: () => [
    ...ROOMS.map((room) => ({
      id: `Acurite-606TX-${IDS[room]}`,
      title: `Acurite 606TX, ${room}`,
      feature: `home/${room}`,
    })),
    { id: 'Acurite-5n1-711', title: 'Acurite 5-in-1 weather station', feature: 'home/roof' },
    { id: 'Truck-TPMS-77', title: 'Tyre pressure', feature: 'home/garage' },
  ],
  messages(room, time) {
    const { temperature, humidity } = roomState(room, time);
    const stamp = new Date(time).toISOString().slice(0, 19).replace('T', ' ');
    const sensor = {
      time: stamp,
      model: 'Acurite-606TX',
      id: IDS[room],
      battery_ok: 1,
      temperature_F: round(fahrenheit(temperature), 1),
      humidity: Math.round(humidity),
      mic: 'CHECKSUM',
    };
    const messages = [sensor] as object[];
    if (room === 'kitchen') {
      const out = outdoorState(time);
      messages.push({
        time: stamp,
        model: 'Acurite-5n1',
        id: 711,
        channel: 'A',
        battery_ok: 1,
        wind_avg_mi_h: round(out.wind / 0.44704, 1),
        rain_in: round(out.rain / 25.4, 2),
        temperature_F: round(fahrenheit(out.temperature), 1),
        humidity: Math.round(out.humidity),
      });
      messages.push({
        time: stamp,
        model: 'Truck-TPMS',
        id: 77,
        pressure_PSI: 33.5,
        temperature_F: round(fahrenheit(out.temperature + 6), 1),
      });
    }
    return messages.map((message) => ({
      topic: 'rtl_433/raspberry/events',
      payload: JSON.stringify(message),
    }));
  },
};
