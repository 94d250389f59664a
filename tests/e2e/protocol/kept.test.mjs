// What is kept, as clients see it across a relay that is killed: private messages for both sides, and
// chat that has left the window but not the store.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

const kToken = 'open sesame';
let folder;
let relay;
const start = async () => {
  relay = await Relay.start(
    ...['--shards', '2', '--data-dir', join(folder, 'data'), '--private-durability', 'commit'],
    ...['--creators-declare-rooms', '--chat-history', '4', '--moderator-token', kToken],
  );
};
const killed = async () => {
  relay.signal('SIGKILL');
  await relay.exited;
  await start();
};
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perseid-'));
  await start();
});
after(async () => {
  await relay.stop();
  await rm(folder, { recursive: true });
});

const named = (t, name, more = {}) => Client.of(t, relay, { hello: { name, ...more } });
const history = (client, fields) => client.request({ type: 'system', op: 'history', ...fields });
const tell = (client, name, text) =>
  client.request({ type: 'chat', to: `@${name}`, payload: { text } });
const spoken = ({ messages }) => messages.map(({ sender, payload }) => [sender, payload.text]);

test('both read what they told each other, however the relay ended, and nobody else', async (t) => {
  const told = [
    ['@ana', 'are you there?'],
    ['@ben', 'now I am'],
  ];
  const ana = await named(t, 'ana');
  assert.equal((await tell(ana, 'ben', told[0][1])).op, 'ack'); // he is not, yet
  const ben = await named(t, 'ben');
  assert.deepEqual(spoken(await history(ben, { to: '@ana' })), [told[0]]);
  const ack = await tell(ben, 'ana', told[1][1]);
  const came = await ana.nextOf('chat');
  assert.deepEqual([came.sender, came.timestamp], [ben.id, ack.timestamp]);
  await tell(ana, 'cy', 'a secret');
  await killed();
  for (const [name, other] of [
    ['ana', '@ben'],
    ['ben', '@ana'],
  ]) {
    const client = await named(t, name);
    const page = await history(client, { to: other });
    assert.equal(page.to, other);
    assert.deepEqual(spoken(page), told);
    const { seq, timestamp } = page.messages[1];
    assert.equal(timestamp, ack.timestamp);
    assert.deepEqual(spoken(await history(client, { to: other, before: seq })), [told[0]]);
  }
  assert.deepEqual(spoken(await history(await named(t, 'ben'), { to: '@cy' })), []);
  const nobody = await Client.of(t, relay, { hello: false });
  assert.deepEqual(spoken(await history(nobody, { to: '@ben' })), []);
});

test('a room takes changes of what only its store holds, and tells them in its history', async (t) => {
  const create = { create: { durability: 'commit' } };
  const ana = await named(t, 'ana');
  await ana.join('kept', create);
  for (let i = 1; i <= 20; i += 1) await ana.chat('kept', { text: `number ${i}` });
  await ana.chat('kept', { edit: { seq: 2, text: 'two' } });
  await killed();
  const ben = await named(t, 'ben');
  const mod = await named(t, 'mod', { token: kToken });
  for (const client of [ben, mod]) await client.join('kept', create);
  const change = (client, payload) => client.chat('kept', payload);
  assert.equal((await change(ben, { react: { seq: 2, emoji: '👍' } })).seq, 22);
  const refused = await change(ben, { edit: { seq: 3, text: 'mine' } });
  assert.deepEqual([refused.code, refused.field], ['not_author', 'payload.edit.seq']);
  assert.equal((await change(mod, { delete: { seq: 3 } })).seq, 23);
  assert.equal((await change(ben, { react: { seq: 3, emoji: '👍' } })).code, 'unknown_message');
  assert.deepEqual((await mod.nextOf('chat', 'kept')).payload.react, { seq: 2, emoji: '👍' });
  const { messages } = await history(ben, { room: 'kept', before: 4, limit: 2 });
  assert.deepEqual(
    messages.map(({ seq, payload, deleted, reactions }) => [seq, payload, deleted, reactions]),
    [
      [2, { text: 'two' }, undefined, [{ emoji: '👍', count: 1, mine: true }]],
      [3, {}, true, undefined],
    ],
  );
});
