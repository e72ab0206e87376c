import type { TestGateway } from './gateway.js';

// Other work may keep the machine busy.
import.meta.jest.setTimeout(60_000);

/** A schema for the tests of the broker: a device in a room measures temperature and humidity. */
export const CLIMATE = {
  id: 'climate',
  topic: 'plant/{device}/climate',
  time: 'at',
  observations: {
    temperature: { property: 'AirTemperature', unit: '°C' },
    humidity: { property: 'RelativeHumidity', unit: '%' },
  },
};

/** One whose value no plain function computes: the expression worker does, and takes a while. */
export const SLOW = {
  id: 'slow',
  topic: 'slow/{device}',
  observations: {
    temperature: {
      property: 'AirTemperature',
      unit: '°C',
      value: '$reduce([1..20], function($a, $b) { $a + $b }) * 0 + t',
    },
  },
};

/** Registers schemas. */
export async function register(gateway: TestGateway, ...schemas: object[]): Promise<void> {
  for (const schema of schemas) {
    const { status, text } = await gateway.rest().post('/api/schemas', schema);
    if (status !== 201) throw new Error(text);
  }
}

/** Makes an account; its password is `password-of-<name>`. */
export async function account(
  gateway: TestGateway,
  username: string,
  rights: {
    roles?: string[];
    rules?: [effect: string, action: string, topic: string][];
    onDeny?: string;
  } = {},
): Promise<{ username: string; password: string }> {
  const { rules = [], ...others } = rights;
  const password = `password-of-${username}`;
  const { status, text } = await gateway.rest().post('/api/accounts', {
    username,
    password,
    ...others,
    rules: rules.map(([effect, action, topic]) => ({ effect, action, topic })),
  });
  if (status !== 201) throw new Error(text);
  return { username, password };
}

/** The counts of messages, by state. */
export async function ledger(gateway: TestGateway): Promise<Record<string, number>> {
  const { body } = await gateway.rest().get('/api/messages/summary');
  return body.messages;
}

/** Dead letters, newest first. */
export async function letters(gateway: TestGateway, query = ''): Promise<Record<string, unknown>[]> {
  const { body } = await gateway.rest().get(`/api/messages?${query}`);
  return body.items;
}
