import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FAMILIES } from '../../apps/simulator/src/families/index.js';
import { ServiceProcess } from './support/child.js';
import { ROOT, TestProcess } from './support/process.js';

const PROFILES = join(ROOT, 'ontologies/profiles');

describe('the demo', () => {
  it('shows every family, tells the way in, and ends with 0', async () => {
    const demo = TestProcess.node('dist/apps/simulator/src/demo.js', ['--rounds=3']);
    const { code } = await demo.ended;
    expect({ code, said: demo.stderr }).toEqual({ code: 0, said: '' });
    expect(FAMILIES.length).toBeGreaterThanOrEqual(7);
    for (const { name } of FAMILIES) expect(demo.stdout).toContain(name.slice(0, 16));
    expect(demo.stdout).toMatch(/kitchen .*→ AirTemperature +\d+(\.\d+)? unit:DEG_C/);
    expect(demo.stdout).toMatch(/REST +http:\/\/localhost:\d+\/api/);
    expect(demo.stdout).toMatch(/MQTT localhost:\d+/);
  });
});

describe('the profiles', () => {
  it('register as they are, and their examples hold', async () => {
    const files = (await readdir(PROFILES)).filter((file) => file.endsWith('.json'));
    expect(files.length).toBeGreaterThanOrEqual(7);
    const service = await ServiceProcess.start();
    for (const file of files) {
      const profile = JSON.parse(await readFile(join(PROFILES, file), 'utf8'));
      expect([file, profile.id]).toEqual([file, file.replace(/\.json$/, '')]);
      expect([file, profile.examples?.length > 0]).toEqual([file, true]);
      const { status, text } = await service.rest().post('/api/schemas', profile);
      expect([file, status, status === 201 ? '' : text]).toEqual([file, 201, '']);
      // Profiles may share topics; each is tried alone.
      await service.rest().delete(`/api/schemas/${profile.id}`);
    }
    await service.stop();
  });
});
