// Clients by the dozen that never read: what the relay holds for all of them together is bounded.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { frame, kOpcode } from '../support/frame.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { relayFor } from '../support/relay.mjs';
import { kSlowness } from '../support/wait.mjs';

const kFast = [
  '--session-messages-per-second',
  '1000000',
  '--session-bytes-per-second',
  '4000000000',
  // So few that they do not count: each is touched sooner or later, whatever happens.
  '--recv-buffers',
  '64',
  // What may wait at most, whatever was asked for at one go and however fast it came.
  '--answers-bytes-max',
  '262144',
  '--burst-window-bytes',
  '262144',
];
const kPeers = kSlowness === 1 ? 40 : 8;
const kMegabyte = 1024 * 1024;
const kMessages = 12;
const kOutboxBytesMax = 256 * 1024; // --outbox-bytes-max

function residentBytes({ pid }) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

// HOSTILE.md 34, CVE-2025-21605: replies to one who never reads, errors among them, filled the memory.
const kFloods = {
  pings: frame(kOpcode.ping, 'p'.repeat(125)),
  'bad commands': frame(kOpcode.text, '{"type":"no such type at all"}'),
  'broken JSON': frame(kOpcode.text, '[[['),
  'requests for the time': frame(kOpcode.text, '{"type":"system","op":"ping","id":"0123456789"}'),
};
for (const [name, bytes] of Object.entries(kFloods)) {
  test(`row 34: ${name} of those who never read end with their connections`, async (t) => {
    const relay = await relayFor(t, ...kFast);
    const witness = await Client.of(t, relay);
    const burst = Buffer.concat(Array(Math.ceil(65536 / bytes.length)).fill(bytes));
    const flood = async () => {
      const peers = await Promise.all(
        Array.from({ length: kPeers }, () => RawPeer.open(relay, { path: '/ws' })),
      );
      for (const peer of peers) peer.pause();
      await Promise.all(
        peers.map(async (peer) => {
          for (let sent = 0; sent < 16 * kMegabyte; sent += burst.length)
            if (!(await peer.offer(burst))) break;
        }),
      );
      const held = residentBytes(relay);
      assert.equal((await witness.request({ type: 'system', op: 'ping' })).op, 'pong');
      for (const peer of peers) peer.destroy();
      return held;
    };
    const before = residentBytes(relay);
    const grown = Math.max(await flood(), await flood()) - before;
    // A sanitizer keeps what was freed, so only a plain build is weighed.
    if (kSlowness === 1)
      assert.ok(
        grown < kPeers * 2 * kOutboxBytesMax + 8 * kMegabyte,
        `the relay grew by ${grown} bytes`,
      );
  });
}

test('many stalled readers of messages near the largest hold a window, not a message each', async (t) => {
  const relay = await relayFor(t, ...kFast);
  const [ana, ben] = await Promise.all([1, 2].map(() => Client.of(t, relay)));
  const stuck = await Promise.all(Array.from({ length: 2 * kPeers }, () => Client.of(t, relay)));
  const payload = 'x'.repeat(900_000);
  for (const client of [ana, ben, ...stuck]) {
    await client.join('warm');
    await client.join('full');
  }
  const pour = async (room, readers, count) => {
    for (let i = 0; i < count; i += 1) {
      ana.send({ type: 'player_action', room, payload });
      await Promise.all(readers.map((client) => client.nextOf('player_action', room)));
    }
  };
  await pour('warm', [ana, ben, ...stuck], 3);
  for (const client of stuck) client.socket.pause();
  const before = residentBytes(relay);
  await pour('full', [ana, ben], kMessages);
  const grown = residentBytes(relay) - before;
  // The window, and each message in the midst of which somebody is stuck, once.
  if (kSlowness === 1) assert.ok(grown < (kMessages + 12) * kMegabyte, `the relay grew by ${grown} bytes`);
  for (const client of stuck) client.socket.resume();
  for (const client of stuck) {
    // The newest comes in any case, what was lost is named.
    let next = 1;
    while (next <= kMessages) {
      const message = await client.next(({ room }) => room === 'full');
      if (message.op === 'gap') next = message.to + 1;
      else if (message.type === 'player_action') {
        assert.equal(message.seq, next);
        next += 1;
      }
    }
  }
});
