import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '#access';
import type { Device, SchemaDocument } from '#model';
import { ControlStore } from './control-store.js';

let directory: string;
let store: ControlStore;
const file = () => join(directory, 'data', 'control.db');
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glossa-control-'));
  store = await ControlStore.open(file());
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

async function reopen(): Promise<void> {
  await store.close();
  store = await ControlStore.open(file());
}

/** In the order of their UTF-8 bytes, which is not the order that JavaScript sorts in. */
const NAMES = [
  ' ',
  '"; drop table device; --',
  "%_'\\",
  'Z',
  'a',
  'a/b//c',
  'e\u0301',
  'é',
  '\ufffd',
  '👩‍🌾',
  '😀',
];

/** Every item of a list, `limit` at a time. */
async function pages<T>(
  list: (request: { limit: number; cursor?: string }) => Promise<{ items: T[]; next?: string }>,
  limit: number,
): Promise<T[][]> {
  const found: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit, ...(cursor !== undefined && { cursor }) });
    found.push(page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

const account = (username: string, more: Partial<Account> = {}): Account => ({
  username,
  roles: [],
  rules: [],
  onDeny: 'ignore',
  ...more,
});
const token = (id: string, username: string, more: { createdAt?: string; expires?: string } = {}) => ({
  id,
  username,
  hash: `hash of ${id}`,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...more,
});
const document = (id: string, more: Partial<SchemaDocument> = {}): SchemaDocument => ({
  id,
  topic: `${id}/{device}`,
  observations: { t: { property: 'AirTemperature', unit: '°C', value: 'temp' } },
  ...more,
});

describe('accounts', () => {
  const complete = account('anna', {
    passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    roles: ['operator', 'device'],
    rules: [{ effect: 'deny', action: 'publish', topic: 'a/{username}/#' }],
    onDeny: 'disconnect',
  });

  it('are kept as they were put', async () => {
    await store.accounts.put(complete);
    await store.accounts.put(account('ben'));
    await reopen();
    expect(await store.accounts.all()).toEqual([complete, account('ben')]);
    expect(await store.accounts.get('anna')).toEqual(complete);
    expect(await store.accounts.get('Anna')).toBeUndefined();
  });

  it('are replaced whole', async () => {
    await store.accounts.put(complete);
    await store.accounts.put(account('anna'));
    const found = await store.accounts.get('anna');
    expect(found).toEqual(account('anna'));
    expect(found).not.toHaveProperty('passwordHash');
  });

  it('keep their tokens when they are replaced, and take them along when they go', async () => {
    for (const name of ['anna', 'ben']) {
      await store.accounts.put(account(name));
      await store.tokens.create(token(`t-${name}`, name));
    }
    await store.accounts.put(complete);
    expect(await store.tokens.all()).toHaveLength(2);
    expect(await store.accounts.delete('anna')).toBe(true);
    expect(await store.accounts.delete('anna')).toBe(false);
    await reopen();
    expect(await store.tokens.all()).toEqual([token('t-ben', 'ben')]);
    expect((await store.accounts.all()).map(({ username }) => username)).toEqual(['ben']);
  });

  it('are listed by pages in the order of their names', async () => {
    for (const name of [...NAMES].reverse()) await store.accounts.put(account(name));
    const found = await pages((request) => store.accounts.list(request), 4);
    expect(found.map((page) => page.length)).toEqual([4, 4, 3]);
    expect(found.flat().map(({ username }) => username)).toEqual(NAMES);
    expect(await store.accounts.list({ limit: NAMES.length })).not.toHaveProperty('next');
    expect(await store.accounts.list({ limit: 3, cursor: NAMES.at(-1)! })).toEqual({ items: [] });
  });
});

describe('tokens', () => {
  it('are kept as they were created, the oldest first', async () => {
    await store.accounts.put(account('anna'));
    const young = token('a', 'anna', { createdAt: '2026-02-01T00:00:00.000Z' });
    const old = token('b', 'anna', { expires: '2027-01-01T00:00:00.000Z' });
    await store.tokens.create(young);
    await store.tokens.create(old);
    await reopen();
    expect(await store.tokens.list('anna')).toEqual([old, young]);
    expect(await store.tokens.list('ben')).toEqual([]);
    expect(await store.tokens.all()).toEqual([young, old]);
  });

  it('go one by one', async () => {
    await store.accounts.put(account('anna'));
    await store.tokens.create(token('a', 'anna'));
    await store.tokens.create(token('b', 'anna'));
    expect(await store.tokens.delete('a')).toBe(true);
    expect(await store.tokens.delete('a')).toBe(false);
    expect(await store.tokens.list('anna')).toEqual([token('b', 'anna')]);
  });

  it('need their account', async () => {
    await expect(store.tokens.create(token('a', 'nobody'))).rejects.toMatchObject({
      code: 'not-found',
      message: 'there is no account nobody',
    });
  });
});

describe('devices', () => {
  const complete: Device = {
    id: 'lamp 1',
    title: 'Lamp',
    schemas: ['a', 'b"c'],
    feature: 'home/kitchen',
    account: 'anna',
    auto: false,
  };

  it('are kept as they were put, and replaced whole', async () => {
    await store.devices.put(complete);
    await reopen();
    expect(await store.devices.get('lamp 1')).toEqual(complete);
    const bare: Device = { id: 'lamp 1', schemas: [], auto: true };
    await store.devices.put(bare);
    expect(await store.devices.all()).toEqual([bare]);
    expect(await store.devices.delete('lamp 1')).toBe(true);
    expect(await store.devices.delete('lamp 1')).toBe(false);
    expect(await store.devices.get('lamp 1')).toBeUndefined();
  });

  it('have any name, and are listed by pages in the order of their ids', async () => {
    await store.devices.createMany([...NAMES].reverse());
    for (const id of NAMES) {
      expect(await store.devices.get(id)).toEqual({ id, schemas: [], auto: true });
      await store.devices.put({ id, title: id, schemas: [id], feature: id, account: id, auto: false });
    }
    const found = await pages((request) => store.devices.list(request), 2);
    expect(found.flat().map(({ id, title, feature }) => [id, title, feature])).toEqual(
      NAMES.map((id) => [id, id, id]),
    );
    for (const id of NAMES) expect(await store.devices.delete(id)).toBe(true);
    expect(await store.devices.all()).toEqual([]);
  });

  it('are created by the ten thousand, and those that exist stay', async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => `device ${String(i).padStart(5, '0')}`);
    const named: Device = { id: ids[5000]!, title: 'named', schemas: [], auto: false };
    await store.devices.put(named);
    await store.devices.createMany([...ids, ...ids.slice(0, 10)]);
    await store.devices.createMany(ids);
    await store.devices.createMany([]);
    await reopen();
    const all = await store.devices.all();
    expect(all.map(({ id }) => id)).toEqual(ids);
    expect(all[5000]).toEqual(named);
    expect(all[5001]).toEqual({ id: ids[5001], schemas: [], auto: true });
  });
});

describe('features', () => {
  it('are kept as they were put, and replaced whole', async () => {
    const kitchen = { path: 'home/kitchen', title: 'Kitchen', description: 'the "warm" one 🍲' };
    await store.features.put(kitchen);
    await store.features.put({ path: 'home' });
    await reopen();
    expect(await store.features.all()).toEqual([{ path: 'home' }, kitchen]);
    expect(await store.features.get('home/kitchen')).toEqual(kitchen);
    await store.features.put({ path: 'home/kitchen' });
    expect(await store.features.get('home/kitchen')).toEqual({ path: 'home/kitchen' });
    expect(await store.features.get('home/')).toBeUndefined();
    expect(await store.features.delete('home/kitchen')).toBe(true);
    expect(await store.features.delete('home/kitchen')).toBe(false);
  });
});

describe('properties', () => {
  it('are kept as JSON', async () => {
    const definition = {
      label: 'Dampness',
      kind: 'State',
      states: ['dry', 'wet'],
      nested: { n: [1.5, null] },
    };
    await store.properties.put('Dampness', { label: 'old' });
    await store.properties.put('Dampness', definition);
    await store.properties.put('Air', 'anything');
    await reopen();
    expect(await store.properties.all()).toEqual([
      { term: 'Air', definition: 'anything' },
      { term: 'Dampness', definition },
    ]);
  });
});

describe('schemas', () => {
  it('get a version with each new document', async () => {
    const first = await store.schemas.save(document('a'));
    expect(first).toEqual({
      document: document('a'),
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      created: 'new',
    });
    const { createdAt } = first;
    const changed = document('a', { title: 'A' });
    expect(await store.schemas.save(changed)).toEqual({
      document: changed,
      version: 2,
      createdAt,
      created: 'version',
    });
    await reopen();
    const one = { document: document('a'), version: 1, createdAt };
    const two = { document: changed, version: 2, createdAt };
    expect(await store.schemas.get('a')).toEqual(two);
    expect(await store.schemas.active()).toEqual([two]);
    expect(await store.schemas.versions('a')).toEqual([one, two]);
    expect(await store.schemas.version('a', 1)).toEqual(one);
    expect(await store.schemas.version('a', 3)).toBeUndefined();
    expect(await store.schemas.get('b')).toBeUndefined();
    expect(await store.schemas.versions('b')).toEqual([]);
  });

  it('stay as they are when the same document comes again in another order', async () => {
    const given = document('a', { examples: [{ topic: 'a/1', payload: { x: [1, -0] }, expect: [] }] });
    const saved = await store.schemas.save(given);
    const turned = JSON.parse(
      `{"examples":[{"expect":[],"payload":{"x":[1,-0]},"topic":"a/1"}],
        "observations":{"t":{"value":"temp","unit":"°C","property":"AirTemperature"}},"topic":"a/{device}","id":"a"}`,
    ) as SchemaDocument;
    const { created, ...registered } = saved;
    expect(created).toBe('new');
    expect(await store.schemas.save(turned)).toEqual({ ...registered, created: 'same' });
    const reordered = document('a', { examples: [{ topic: 'a/1', payload: { x: [0, 1] }, expect: [] }] });
    expect(await store.schemas.save(reordered)).toMatchObject({ version: 2, created: 'version' });
    expect(await store.schemas.save(given)).toMatchObject({ version: 3, created: 'version' });
  });

  it('are retired, stay readable, and come back', async () => {
    const { createdAt } = await store.schemas.save(document('a'));
    await store.schemas.save(document('a', { title: '2' }));
    expect(await store.schemas.retire('a')).toBe(true);
    expect(await store.schemas.retire('a')).toBe(false);
    expect(await store.schemas.retire('b')).toBe(false);
    await reopen();
    expect(await store.schemas.get('a')).toBeUndefined();
    expect(await store.schemas.active()).toEqual([]);
    expect(await store.schemas.list({ limit: 10 })).toEqual({ items: [] });
    expect((await store.schemas.versions('a')).map(({ version }) => version)).toEqual([1, 2]);
    expect(await store.schemas.version('a', 2)).toMatchObject({ version: 2, createdAt });

    const same = await store.schemas.save(document('a', { title: '2' }));
    expect(same).toMatchObject({ version: 2, created: 'same', createdAt });
    expect(await store.schemas.get('a')).toMatchObject({ version: 2 });

    await store.schemas.retire('a');
    const other = await store.schemas.save(document('a'));
    expect(other).toMatchObject({ version: 3, created: 'version', createdAt });
    expect((await store.schemas.active()).map(({ version }) => version)).toEqual([3]);
  });

  it('are listed by pages in the order of their ids, the active version of each', async () => {
    for (const id of [...NAMES].reverse()) {
      await store.schemas.save(document(id));
      await store.schemas.save(document(id, { title: id }));
    }
    await store.schemas.retire('a');
    const found = await pages((request) => store.schemas.list(request), 3);
    expect(found.flat().map((item) => [item.document.title, item.version])).toEqual(
      NAMES.filter((id) => id !== 'a').map((id) => [id, 2]),
    );
  });

  it('get one version each when several documents for an id come at once', async () => {
    const documents = Array.from({ length: 20 }, (_, i) => document('a', { title: String(i) }));
    const saved = await Promise.all(documents.map((one) => store.schemas.save(one)));
    expect(saved.map(({ version }) => version)).toEqual(documents.map((_, i) => i + 1));
    expect(new Set(saved.map(({ createdAt }) => createdAt)).size).toBe(1);
    expect((await store.schemas.active()).map((one) => one.document.title)).toEqual(['19']);
  });

  it('get one version when a document comes several times at once', async () => {
    const saved = await Promise.all(Array.from({ length: 10 }, () => store.schemas.save(document('a'))));
    expect(saved.map(({ created }) => created)).toEqual(['new', ...Array.from({ length: 9 }, () => 'same')]);
    expect(await store.schemas.versions('a')).toHaveLength(1);
  });
});

describe('a backup', () => {
  it('has what was stored before it, and opens', async () => {
    await store.accounts.put(account('anna'));
    await store.schemas.save(document('s0'));
    const during = Array.from({ length: 20 }, (_, i) =>
      store.schemas.save(document('s0', { title: String(i) })),
    );
    const target = join(directory, 'copy.db');
    await store.backup(target);
    await Promise.all(during);
    const copy = await ControlStore.open(target);
    try {
      expect(await copy.accounts.all()).toEqual([account('anna')]);
      const copied = await copy.schemas.versions('s0');
      expect(copied).toEqual((await store.schemas.versions('s0')).slice(0, copied.length));
      expect(await copy.schemas.active()).toEqual(copied.slice(-1));
      await copy.schemas.save(document('new'));
    } finally {
      await copy.close();
    }
    expect(await store.schemas.versions('s0')).toHaveLength(21);
    expect(await store.schemas.get('new')).toBeUndefined();
  });

  it('never replaces a file', async () => {
    const target = join(directory, 'copy.db');
    await store.backup(target);
    const { mtimeMs } = await stat(target);
    await expect(store.backup(target)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('exists already'),
    });
    expect((await stat(target)).mtimeMs).toBe(mtimeMs);
  });

  it('says why it failed', async () => {
    const target = join(directory, 'no', 'folder', 'copy.db');
    await expect(store.backup(target)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(target),
    });
  });
});

describe('a closed store', () => {
  it('has kept what was under way, and refuses what comes after', async () => {
    const saves = [1, 2, 3].map((i) => store.schemas.save(document('a', { title: String(i) })));
    const closing = store.close();
    const settled = await Promise.allSettled(saves);
    await closing;
    const closed = { code: 'unavailable', message: 'The control store is closed.' };
    await expect(store.devices.all()).rejects.toMatchObject(closed);
    await expect(store.schemas.save(document('b'))).rejects.toMatchObject(closed);
    await expect(store.backup(join(directory, 'copy.db'))).rejects.toMatchObject(closed);
    await store.close();
    await reopen();
    const stored = await store.schemas.versions('a');
    expect(stored).toHaveLength(settled.filter(({ status }) => status === 'fulfilled').length);
  });
});
