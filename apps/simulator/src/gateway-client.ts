import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FAMILIES } from './families/index.js';

/** The REST calls that set a fleet up, as any user would make them. */
export class GatewayClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** Calls and answers the JSON. @throws with the problem's detail */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Registers the profiles and devices of every family, and an account for the fleet. */
  async setUpFleet(account: { username: string; password: string }): Promise<void> {
    for (const { profile } of FAMILIES)
      await this.call('PUT', `/api/schemas/${profile}`, await readProfile(profile));
    for (const family of FAMILIES) {
      for (const { id, title, feature } of family.devices()) {
        await this.call('PUT', `/api/devices/${encodeURIComponent(id)}`, {
          title,
          ...(feature !== undefined && { feature }),
        });
      }
    }
    await this.call('POST', '/api/accounts', {
      ...account,
      roles: ['device', 'consumer'],
      rules: [{ effect: 'allow', action: 'publish', topic: '#' }],
    });
  }
}

/** A profile of `ontologies/profiles/`. */
export async function readProfile(name: string): Promise<{ id: string; topic: string }> {
  const file = fileURLToPath(import.meta.resolve(`#ontologies/profiles/${name}.json`));
  return JSON.parse(await readFile(file, 'utf8')) as { id: string; topic: string };
}
