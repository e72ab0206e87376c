import { TestGateway } from './support/gateway.js';

/** The thin line through the whole system: register, publish, stored, semantic topic, query. */
describe('the straight line', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    const schema = {
      id: 'zigbee2mqtt-climate',
      topic: 'zigbee2mqtt/{device}',
      feature: 'home/{= room}',
      time: 'last_seen',
      observations: {
        temperature: { property: 'AirTemperature', unit: '°C' },
        humidity: { property: 'RelativeHumidity', unit: '%' },
        contact: { property: 'Opened', values: { true: false, false: true } },
      },
    };
    const answer = await gateway.rest().post('/api/schemas', schema);
    expect([answer.status, answer.body.version]).toEqual([201, 1]);
  });

  afterAll(() => gateway.stop());

  it('answers what the contract shows, over MQTT and REST alike', async () => {
    const rest = gateway.rest();
    const subscriber = await gateway.mqtt();
    await subscriber.subscribe('semantic/+/+/+/+/home/kitchen/#');
    const device = await gateway.mqtt();
    await device.publish('zigbee2mqtt/aqara-1', {
      temperature: 21.87,
      humidity: 48.2,
      contact: false,
      room: 'kitchen',
      last_seen: '2026-11-23T02:40:11.123Z',
    });

    const message = await subscriber.next(({ topic }) => topic.includes('AirTemperature'));
    expect(message.topic).toBe('semantic/Temperature/AirTemperature/aqara-1/temperature/home/kitchen');
    const observation = JSON.parse(message.text);
    expect(observation).toEqual({
      '@context': 'http://glossa.test/api/contexts/v1.jsonld',
      id: 'http://glossa.test/api/observations/aqara-1/temperature/2026-11-23T02:40:11.123Z',
      type: 'Observation',
      madeBySensor: 'http://glossa.test/api/devices/aqara-1',
      observedProperty: 'AirTemperature',
      hasFeatureOfInterest: 'http://glossa.test/api/features/home/kitchen',
      datastream: 'http://glossa.test/api/datastreams/aqara-1/temperature',
      phenomenonTime: '2026-11-23T02:40:11.123Z',
      resultTime: expect.stringMatching(/^20\d\d-.*Z$/),
      hasResult: { type: 'QuantityValue', numericValue: 21.87, unit: 'unit:DEG_C' },
      schema: 'http://glossa.test/api/schemas/zigbee2mqtt-climate/versions/1',
    });

    const { status, body } = await rest.get('/api/observations?property=Temperature&feature=home');
    expect(status).toBe(200);
    const { '@context': context, ...member } = observation;
    expect(body).toMatchObject({ '@context': context, type: 'ObservationCollection', member: [member] });

    const one = await rest.get(observation.id.replace('http://glossa.test', ''));
    expect(one.body).toEqual(observation);
    const state = await rest.get('/api/observations/latest?property=Opened');
    expect(state.body.member[0].hasSimpleResult).toBe(true);
    const { body: ledger } = await rest.get('/api/messages/summary');
    expect(ledger).toEqual({
      messages: { received: 1, stored: 1, duplicate: 0, unmatched: 0, rejected: 0, filtered: 0, refused: 0 },
      values: { stored: 3, duplicate: 0, flagged: 0, rejected: 0 },
    });
  });

  it('says why nothing is found', async () => {
    const { body } = await gateway.rest().get('/api/observations?property=SoilTemperature&feature=home');
    expect(body.member).toEqual([]);
    expect(body.explain.message).toContain('property=SoilTemperature');
  });
});
