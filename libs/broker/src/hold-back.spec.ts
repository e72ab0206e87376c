import type { Client } from 'aedes';
import { Writable } from 'node:stream';
import { setImmediate as nextCheck } from 'node:timers/promises';
import { HoldBack } from './hold-back.js';

/** A connection that notes when it is corked. */
function connection() {
  const calls: string[] = [];
  const conn = { cork: () => calls.push('cork'), uncork: () => calls.push('uncork') };
  return { calls, client: { conn } as unknown as Client };
}

/** A journal that is written when it is told. */
function journal() {
  let written = (): void => undefined;
  let flushes = 0;
  const flush = () => {
    flushes++;
    return new Promise<void>((resolve) => (written = resolve));
  };
  return { flush, written: () => written(), flushes: () => flushes };
}

describe('what is held back', () => {
  it('leaves when the journal has it', async () => {
    const { flush, written } = journal();
    const holdBack = new HoldBack(flush);
    const { client, calls } = connection();
    const released: Client[] = [];
    holdBack.onReleased = (one) => released.push(one);
    holdBack.hold(client);
    expect(calls).toEqual(['cork']);
    await nextCheck();
    await nextCheck();
    await nextCheck();
    expect(calls).toEqual(['cork']);
    expect(holdBack.size).toBe(1);
    written();
    await nextCheck();
    expect(calls).toEqual(['cork', 'uncork']);
    expect(released).toEqual([client]);
    expect(holdBack.size).toBe(0);
  });

  it('is all that a turn has for a connection, with one write of the journal', async () => {
    const { flush, written, flushes } = journal();
    const holdBack = new HoldBack(flush);
    const { client, calls } = connection();
    for (let message = 0; message < 10; message++) {
      expect(holdBack.holds(client)).toBe(false);
      holdBack.hold(client);
    }
    await nextCheck();
    // What comes now would leave before its own is written.
    expect(holdBack.holds(client)).toBe(true);
    await nextCheck();
    expect(flushes()).toBe(1);
    written();
    await nextCheck();
    expect(holdBack.holds(client)).toBe(false);
    expect(calls).toEqual(['cork', 'uncork']);
  });

  it('leaves before the end of a connection, which a stream that ends would not wait for', async () => {
    const { flush, written } = journal();
    const holdBack = new HoldBack(flush);
    const said: string[] = [];
    const conn = new Writable({
      write: (bytes: Buffer, _, done) => {
        said.push(bytes.toString());
        done();
      },
      final: (done) => {
        said.push('the end');
        done();
      },
    });
    const client = { conn } as unknown as Client;
    holdBack.hold(client);
    conn.write('an acknowledgement');
    holdBack.whenReleased(client, () => conn.end());
    for (let turn = 0; turn < 5; turn++) await nextCheck();
    expect(said).toEqual([]);
    written();
    await nextCheck();
    expect(said).toEqual(['an acknowledgement', 'the end']);
    holdBack.whenReleased(client, () => said.push('at once'));
    expect(said).toHaveLength(3);
  });

  it('waits for what begins meanwhile and is told beside', async () => {
    const { flush, written, flushes } = journal();
    const holdBack = new HoldBack(flush);
    const { client, calls } = connection();
    holdBack.hold(client);
    await nextCheck();
    await nextCheck();
    expect(flushes()).toBe(1);
    expect(holdBack.isProlonged(client)).toBe(false);
    holdBack.hold(client);
    expect(holdBack.isProlonged(client)).toBe(true);
    written();
    for (let turn = 0; turn < 3; turn++) await nextCheck();
    expect(flushes()).toBe(2);
    expect(calls).toEqual(['cork']);
    // It is not read meanwhile, or that would never end.
    expect(holdBack.isProlonged(client)).toBe(true);
    written();
    await nextCheck();
    expect(calls).toEqual(['cork', 'uncork']);
    expect(holdBack.isProlonged(client)).toBe(false);
  });

  it('of one connection keeps no other', () => {
    const holdBack = new HoldBack(journal().flush);
    holdBack.hold(connection().client);
    expect(holdBack.holds(connection().client)).toBe(false);
    expect(holdBack.size).toBe(1);
  });
});
