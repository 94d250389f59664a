// Connections that end the hard way while others begin: a newcomer never pays for who had its place before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, kOpcode } from '../support/frame.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { relayFor } from '../support/relay.mjs';

const kConnections = 2000;

// The relay fails the connection and shuts its side down while the client resets its own: that shutdown, run late by the
// kernel's worker, once hit the next client in the same place, about one in a thousand.
for (const shards of [1, 2]) {
  test(`every newcomer is answered, on ${shards} shard(s)`, async (t) => {
    const relay = await relayFor(t, '--echo', '--shards', String(shards));
    for (let i = 0; i < kConnections; i += 1) {
      const peer = await RawPeer.open(relay);
      await peer.write(frame(kOpcode.text, 'x', { rsv: 4 }));
      assert.equal((await peer.closed())?.code, 1002, `connection ${i}`);
      peer.destroy();
    }
  });
}
