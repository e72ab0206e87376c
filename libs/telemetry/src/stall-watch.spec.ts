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
    for (const ms of [250, 260, 1200, 5200, 10]) {
      now += ms;
      watch.tick();
    }
    expect([watch.trouble, watch.stalls]).toEqual([undefined, 0]);
  });

  it('tells of a standstill, also to who asks before its timer ran, and for five seconds', () => {
    now += 6500;
    expect(watch.trouble).toMatch(/^The event loop stood still for 6\.3 s, 0\.0 s ago: /);
    for (let i = 0; i < 16; i++) {
      now += 250;
      watch.tick();
    }
    expect(watch.trouble).toMatch(/6\.3 s, 4\.0 s ago/);
    for (let i = 0; i < 5; i++) {
      now += 250;
      watch.tick();
    }
    expect([watch.trouble, watch.stalls]).toEqual([undefined, 1]);
  });
});
