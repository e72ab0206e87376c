import { StallWatch } from './stall-watch.js';

describe('the watch over the event loop', () => {
  let now = 1000;
  let watch: StallWatch;
  beforeEach(() => {
    now = 1000;
    watch = new StallWatch(() => now);
  });
  afterEach(() => watch.close());

  it('says nothing of turns that are late by little', () => {
    for (const ms of [250, 260, 1200, 3200, 10]) {
      now += ms;
      watch.tick();
    }
    expect([watch.trouble, watch.stalls]).toEqual([undefined, 0]);
  });

  it('tells of a standstill, also to who asks before its timer ran, and for ten seconds', () => {
    now += 4500;
    expect(watch.trouble).toMatch(/^The event loop stood still for 4\.3 s, 0\.0 s ago: /);
    for (let i = 0; i < 32; i++) {
      now += 250;
      watch.tick();
    }
    expect(watch.trouble).toMatch(/4\.3 s, 8\.0 s ago/);
    for (let i = 0; i < 9; i++) {
      now += 250;
      watch.tick();
    }
    expect([watch.trouble, watch.stalls]).toEqual([undefined, 1]);
  });
});
