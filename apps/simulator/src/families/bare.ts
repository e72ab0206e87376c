import { ROOMS, roomState } from '../world.js';
import { round, type Family } from './family.js';

/** Home-made nodes: one bare value a topic, the decimal sign a point, states as words. */
export const bare: Family = {
  name: 'Bare values',
  profile: 'bare-values',
  devices: () => ROOMS.map((room) => ({ id: `node-${room}`, title: `Home-made node, ${room}` })),
  messages(room, time) {
    const { temperature, humidity, illuminance, occupied } = roomState(room, time);
    const values = {
      temperature: round(temperature, 1).toString(),
      humidity: round(humidity, 0).toString(),
      light: round(illuminance, 0).toString(),
      presence: occupied ? 'yes' : 'no',
    };
    return Object.entries(values).map(([quantity, payload]) => ({
      topic: `sensors/${room}/node-${room}/${quantity}`,
      payload,
    }));
  },
};
