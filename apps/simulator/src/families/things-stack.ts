import { ROOMS, roomState } from '../world.js';
import { round, type Family } from './family.js';

let frame = 1000;

/** A LoRaWAN uplink as The Things Stack v3 publishes it, with the vendor decoder's payload. */
export const thingsStack: Family = {
  name: 'LoRaWAN (TTS v3)',
  profile: 'things-stack-em500-co2',
  devices: () =>
    ROOMS.map((room) => ({
      id: `em500-${room}`,
      title: `Milesight EM500-CO2, ${room}`,
      feature: `home/${room}`,
    })),
  messages(room, time) {
    const { temperature, humidity, pressure, co2 } = roomState(room, time);
    const at = new Date(time).toISOString();
    const payload = {
      end_device_ids: {
        device_id: `em500-${room}`,
        application_ids: { application_id: 'building' },
        dev_eui: '24E124126D152969',
        dev_addr: '260B1E0D',
      },
      correlation_ids: ['gs:uplink:01HFX7Q3ZP'],
      received_at: at,
      uplink_message: {
        f_port: 85,
        f_cnt: frame++,
        frm_payload: 'AXVkA2fvAARoWgd9wAMIc0kn',
        decoded_payload: {
          battery: 92,
          co2: Math.round(co2),
          humidity: round(humidity, 1),
          pressure: round(pressure, 1),
          temperature: round(temperature, 1),
        },
        rx_metadata: [{ gateway_ids: { gateway_id: 'roof' }, rssi: -97, snr: 8.5, timestamp: 2463457000 }],
        settings: { data_rate: { lora: { bandwidth: 125000, spreading_factor: 7 } }, frequency: '868100000' },
        received_at: at,
      },
    };
    return [{ topic: `v3/building@ttn/devices/em500-${room}/up`, payload: JSON.stringify(payload) }];
  },
};
