import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConnectionEnds } from '#src/tls/connection-ends.ts';
import { ConnectionTable } from '#src/tls/connection-table.ts';

const ENDS = {
  remoteAddress: '127.0.0.1',
  remotePort: 4711,
  localAddress: '127.0.0.1',
  localPort: 443,
};

describe('ConnectionTable', () => {
  it('tells connections apart by each part of both ends', () => {
    const table = new ConnectionTable<string>();
    table.add(ENDS, 'first');
    const others: ConnectionEnds[] = [
      { ...ENDS, remoteAddress: '127.0.0.2' },
      { ...ENDS, remotePort: 4712 },
      { ...ENDS, localAddress: '127.0.0.2' },
      { ...ENDS, localPort: 444 },
    ];
    for (const other of others) assert.equal(table.find(other), undefined);
    others.forEach((other, i) => {
      table.add(other, `other ${i}`);
    });
    assert.equal(table.find({ ...ENDS }), 'first');
    others.forEach((other, i) => {
      assert.equal(table.find(other), `other ${i}`);
    });
    assert.deepEqual(table.values().toSorted(), [
      'first',
      ...others.map((_, i) => `other ${i}`).toSorted(),
    ]);
  });

  it('finds nothing by ends that are not known, whatever it holds', () => {
    const table = new ConnectionTable<string>();
    const unknown: ConnectionEnds[] = [
      {},
      { ...ENDS, remoteAddress: undefined },
      { ...ENDS, remotePort: undefined },
    ];
    for (const ends of [ENDS, ...unknown]) table.add(ends, 'some');
    for (const ends of unknown) assert.equal(table.find(ends), undefined);
    assert.equal(table.find({ ...ENDS, localAddress: undefined }), undefined);
    assert.equal(table.find(ENDS), 'some');
    assert.equal(table.values().length, 4);
  });

  it('knows the ends of a connection as they were when it came', () => {
    const table = new ConnectionTable<string>();
    const socket: { -readonly [K in keyof ConnectionEnds]: ConnectionEnds[K] } = { ...ENDS };
    const remove = table.add(socket, 'open');
    socket.remotePort = undefined;
    assert.equal(table.find(ENDS), 'open');
    remove();
    assert.equal(table.find(ENDS), undefined);
    assert.deepEqual(table.values(), []);
  });

  it('does not remove a newer connection with the same ends', () => {
    const table = new ConnectionTable<string>();
    const removeOld = table.add(ENDS, 'old');
    const removeNew = table.add(ENDS, 'new');
    assert.deepEqual(table.values(), ['new']);
    removeOld();
    assert.equal(table.find(ENDS), 'new');
    removeNew();
    assert.equal(table.find(ENDS), undefined);
  });
});
