import { ServiceProcess } from '../../flow/support/child.js';
import { MIB } from '../memory.js';

describe('more retained messages than there is room for', () => {
  it('are relayed, and told to be not retained, also after a restart', async () => {
    let service = await ServiceProcess.start({ GLOSSA_IGNORE_TOPICS: 'big/#' });
    const publisher = await service.mqtt();
    const live = await service.mqtt();
    await live.subscribe('big/#', 1);
    const payload = Buffer.alloc(MIB, 'x');
    const topics = Array.from({ length: 34 }, (_, i) => `big/${i}`);
    for (const topic of topics) await publisher.publish(topic, payload, { qos: 1, retain: true });
    await live.until(({ length }) => length >= topics.length);
    expect(live.received.map(({ topic }) => topic)).toEqual(topics);
    await service.log(({ msg, topic }) => msg.startsWith('not retained') && topic === 'big/31');
    const kept = async () => {
      const late = await service.mqtt();
      await late.subscribe('big/#', 1);
      await late.publish('big/end', '');
      await late.next(({ topic }) => topic === 'big/end');
      await late.until((received) => received.filter(({ retain }) => retain).length >= 31);
      const found = late.received.filter(({ retain }) => retain).map(({ topic }) => topic);
      await late.end();
      return found.sort();
    };
    expect(await kept()).toEqual(topics.slice(0, 31).sort());
    await publisher.end();
    await live.end();
    await service.kill();
    service = await service.again();
    expect(await kept()).toEqual(topics.slice(0, 31).sort());
    // Room that is made is used.
    const again = await service.mqtt();
    await again.publish('big/0', '', { qos: 1, retain: true });
    await again.publish('big/40', payload, { qos: 1, retain: true });
    expect(await kept()).toContain('big/40');
    await again.end();
    await service.stop();
  });
});
