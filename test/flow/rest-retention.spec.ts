import { TestGateway } from './support/gateway.js';
import { account, register } from './support/plant.js';
import type { Rest } from './support/rest.js';

/** Who may shorten how long observations are kept: who may delete them. */
describe('retention over REST', () => {
  let gateway: TestGateway;
  let admin: Rest;
  let operator: Rest;

  const PLAIN = { label: 'cellar', kind: 'Temperature', unit: '°C', broader: ['AirTemperature'] };
  const CELLAR = { ...PLAIN, retention: '5y' };
  const VAULT = { label: 'vault', kind: 'Temperature', unit: '°C', broader: ['Cellar'] };
  const OVEN = { label: 'oven', kind: 'Temperature', unit: '°C' };

  beforeAll(async () => {
    gateway = await TestGateway.start({ GLOSSA_RETENTION: '50y,AirTemperature=30d' });
    admin = gateway.rest();
    await account(gateway, 'op', { roles: ['operator'] });
    operator = gateway.rest((await admin.post('/api/accounts/op/tokens')).body.token);
    for (const [term, body] of [
      ['Cellar', CELLAR],
      ['Vault', VAULT],
      ['Oven', OVEN],
    ] as const)
      expect((await admin.put(`/api/properties/${term}`, body)).status).toBe(201);
    await register(gateway, {
      id: 'vaults',
      topic: 'vaults/{device}',
      time: 'at',
      observations: { t: { property: 'Vault', unit: '°C' } },
    });
    const mqtt = await gateway.mqtt();
    const year = new Date(Date.now() - 366 * 86_400_000).toISOString();
    await mqtt.publish('vaults/v', { at: year, t: 12 });
  });

  afterAll(() => gateway.stop());

  const shown = async (term: string) => (await admin.get(`/api/properties/${term}`)).body;

  it.each([
    ['leaves it out', 'Cellar', PLAIN, 'Cellar, Vault'],
    ['gives a shorter one', 'Cellar', { ...CELLAR, retention: '4y' }, 'Cellar, Vault'],
    ['says what it inherits', 'Vault', { ...VAULT, retention: '1d' }, 'Vault'],
    ['goes below another property', 'Vault', { ...VAULT, broader: ['AirTemperature'] }, 'Vault'],
    ['goes below another rule', 'Oven', { ...OVEN, broader: ['AirTemperature'] }, 'Oven'],
  ])('is not shortened by an operator who %s', async (_, term, body, named) => {
    const before = await shown(term);
    const answer = await operator.put(`/api/properties/${term}`, { ...body, label: 'renamed' });
    expect(answer).toMatchObject({
      status: 403,
      body: {
        code: 'forbidden',
        detail: `op lacks the permission observations:delete, which a shorter retention needs: ${named} would be kept for less time`,
      },
    });
    expect(await shown(term)).toEqual(before);
    expect(await gateway.service.gateway.retention.round()).toBe(0);
  });

  it('of a new property is given by who may delete', async () => {
    const fresh = { ...OVEN, label: 'fresh', broader: ['AirTemperature'] };
    expect(await operator.put('/api/properties/Fresh', { ...fresh, retention: '1d' })).toMatchObject({
      status: 403,
      body: { detail: 'op lacks the permission observations:delete, which "retention" needs' },
    });
    expect((await operator.put('/api/properties/Fresh', fresh)).status).toBe(201);
  });

  it.each([
    ['longer where it inherits', 'Vault', { ...VAULT, retention: '60y' }],
    ['the same', 'Cellar', { ...CELLAR, label: 'renamed' }],
    ['the same in other words', 'Cellar', { ...CELLAR, retention: 'P5Y' }],
    ['longer', 'Cellar', { ...CELLAR, retention: 'forever' }],
  ])('may be %s', async (_, term, body) => {
    expect((await operator.put(`/api/properties/${term}`, body)).status).toBe(200);
  });

  it('is shortened by who may delete', async () => {
    expect((await admin.put('/api/properties/Vault', { ...VAULT, retention: '1d' })).status).toBe(200);
    expect(await gateway.service.gateway.retention.round()).toBe(1);
  });
});
