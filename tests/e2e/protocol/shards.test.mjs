// One room over several shards: whoever accepted them, all members read one order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';

const kMembers = 16; // The kernel spreads connections by hash: with so many, no shard stays empty but by a 1 in 30,000 chance.
const kEach = 25;

for (const shards of [1, 2, 3]) {
  test(`members on ${shards} shard(s) read one order, private messages and presence cross over`, async (t) => {
    const relay = await relayFor(t, '--shards', String(shards));
    const members = await Promise.all(Array.from({ length: kMembers }, () => Client.of(t, relay)));
    for (const room of ['one', 'two', 'three'])
      for (const member of members) await member.join(room, { presence: true });
    for (let i = 0; i < kEach; i += 1) {
      for (const member of members)
        for (const room of ['one', 'two', 'three']) member.send({ type: 'chat', room, payload: i });
    }
    for (const room of ['one', 'two', 'three']) {
      const read = await Promise.all(
        members.map((member) => member.collect('chat', room, kMembers * kEach)),
      );
      for (const messages of read) assert.deepEqual(messages, read[0]);
      assert.deepEqual(
        read[0].map(({ seq }) => seq),
        Array.from({ length: kMembers * kEach }, (_, i) => i + 1),
      );
    }
    await allWhisper(members);
    await members[0].request({ type: 'system', op: 'leave', room: 'one' });
    for (const member of members.slice(1)) {
      await member.next(
        ({ op, event, client }) =>
          op === 'presence' && event === 'leave' && client === members[0].id,
      );
    }
  });
}

async function allWhisper(members) {
  for (const from of members)
    for (const to of members) from.send({ type: 'chat', to: to.id, payload: from.id });
  for (const member of members) {
    const senders = new Set();
    while (senders.size < members.length)
      senders.add((await member.next(({ to }) => to === member.id)).sender);
  }
}
