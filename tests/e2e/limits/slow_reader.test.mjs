// Slow readers: what they cost the others and the relay (nothing), and what they get when they read again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';
import { kSlowness } from '../support/wait.mjs';

const kFast = [
  '--session-messages-per-second',
  '1000000',
  '--session-bytes-per-second',
  '4000000000',
];
// Of 8 KB: some 32 MB (12 in slow builds), far more than the lane and the kernel's buffers hold.
const kMessages = kSlowness === 1 ? 4000 : 1500;
const kAtOnce = 10; // Few enough that the one who reads stays within the lane's window.
const kGrowthBytesMax = 4 * 1024 * 1024;
const payload = 'x'.repeat(8000);

function residentBytes({ pid }) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

// `writer` says kMessages, a few at a time, each few after `reader` has read the ones before.
async function pour(writer, reader, type, room) {
  const read = [];
  while (read.length < kMessages) {
    for (let i = 0; i < kAtOnce; i += 1) writer.send({ type, room, payload });
    read.push(...(await reader.collect(type, room, kAtOnce)));
    writer.inbox.length = 0;
  }
  return read.map(({ seq }) => seq);
}

const all = Array.from({ length: kMessages }, (_, i) => i + 1);

for (const shards of [1, 2]) {
  test(`a member that stops reading costs the others nothing, on ${shards} shard(s)`, async (t) => {
    const relay = await relayFor(t, '--shards', String(shards), ...kFast);
    const [ana, ben, stuck] = await Promise.all([1, 2, 3].map(() => Client.of(t, relay)));
    for (const client of [ana, ben, stuck]) {
      await client.join('warm');
      await client.join('full');
    }
    // Once with everyone reading: what the relay needs anyway (its receive buffers, say) is there then.
    await pour(ana, ben, 'player_action', 'warm');
    stuck.socket.pause();
    const before = residentBytes(relay);
    assert.deepEqual(await pour(ana, ben, 'player_action', 'full'), all);
    // A sanitizer keeps what was freed, so only a plain build is weighed.
    if (kSlowness === 1)
      assert.ok(residentBytes(relay) - before < kGrowthBytesMax, 'the relay grew');
    stuck.socket.resume();
    assert.deepEqual(await numbersAndGaps(stuck, 'full', kMessages), all);
  });
}

// Every number up to `last`, read or named by a gap, in order, none twice.
async function numbersAndGaps(client, room, last) {
  const numbers = [];
  while (numbers.length === 0 || numbers.at(-1) < last) {
    const message = await client.next((each) => each.room === room);
    if (message.type === 'player_action') numbers.push(message.seq);
    else if (message.op === 'gap') {
      assert.equal(message.lane, 'player_action');
      for (let seq = message.from; seq <= message.to; seq += 1) numbers.push(seq);
    }
  }
  return numbers;
}

test('chat that a slow reader missed comes from the history, whole, when it is held', async (t) => {
  const relay = await relayFor(
    t,
    ...kFast,
    '--chat-history',
    '10000',
    '--chat-window-bytes',
    '67108864',
  );
  const [ana, ben, stuck] = await Promise.all([1, 2, 3].map(() => Client.of(t, relay)));
  for (const client of [ana, ben, stuck]) await client.join('talk');
  stuck.socket.pause();
  assert.deepEqual(await pour(ana, ben, 'chat', 'talk'), all);
  stuck.socket.resume();
  const read = await stuck.collect('chat', 'talk', kMessages);
  assert.deepEqual(
    read.map(({ seq }) => seq),
    all,
  );
});

test('a slow reader of state ends with the room as it is', async (t) => {
  const relay = await relayFor(t, ...kFast, '--state-window-bytes', '65536');
  const [ana, stuck] = await Promise.all([1, 2].map(() => Client.of(t, relay)));
  for (const client of [ana, stuck]) await client.join('arena');
  stuck.socket.pause();
  const kTicks = 300;
  const blob = 'y'.repeat(20_000);
  let entities = {};
  for (let i = 1; i <= kTicks; i += 1) {
    ana.send({
      type: 'game_state',
      room: 'arena',
      payload: { set: { [`e${i % 7}`]: { i, blob: `${i}${blob}` } } },
    });
    await ana.nextOf('game_state', 'arena');
  }
  stuck.socket.resume();
  while (entities[`e${kTicks % 7}`]?.i !== kTicks) {
    const { full, payload: change } = await stuck.nextOf('game_state', 'arena');
    if (full) entities = {};
    for (const [id, fields] of Object.entries(change.set ?? {}))
      entities[id] = { ...entities[id], ...fields };
  }
  const newest = Array.from({ length: 7 }, (_, k) => kTicks - k);
  for (const i of newest) assert.equal(entities[`e${i % 7}`].i, i);
});
