// Chat as clients see it: changes to messages, history as it is now, typing, reading, names, moderators.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BinaryChat } from '../support/binary_chat.mjs';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

const kToken = 'open sesame';
let relay;
before(async () => {
  relay = await Relay.start('--shards', '2', '--moderator-token', kToken);
});
after(() => relay.stop());

const named = (t, name, more = {}) => Client.of(t, relay, { hello: { name, ...more } });
const react = (seq, emoji, remove) => ({ react: { seq, emoji, ...(remove && { remove }) } });
const history = async (client, room, more = {}) =>
  (await client.request({ type: 'system', op: 'history', room, ...more })).messages;

// Two in a room of their own, and a message.
async function pair(t, room) {
  const ana = await named(t, 'ana');
  const ben = await named(t, 'ben');
  await ana.join(room);
  await ben.join(room);
  await ana.chat(room, { text: 'hi', data: { colour: 'red' } });
  for (const client of [ana, ben]) await client.nextOf('chat', room);
  return { ana, ben };
}

test('edits, reactions and deletions come in the order of the lane, each with its number', async (t) => {
  const { ana, ben } = await pair(t, 'changes');
  await ben.chat('changes', react(1, '👍'));
  await ana.chat('changes', { edit: { seq: 1, text: 'ho' } });
  await ana.chat('changes', { delete: { seq: 1 } });
  for (const client of [ana, ben]) {
    const got = await client.collect('chat', 'changes', 3);
    assert.deepEqual(
      got.map(({ seq, payload }) => [seq, payload]),
      [
        [2, { react: { seq: 1, emoji: '👍' } }],
        [3, { edit: { seq: 1, text: 'ho' } }],
        [4, { delete: { seq: 1 } }],
      ],
    );
  }
});

test('history tells messages as they are now, to each asker with its own reactions', async (t) => {
  const { ana, ben } = await pair(t, 'folded');
  await ana.chat('folded', { text: 'secret' });
  await ben.chat('folded', react(1, '👍'));
  await ana.chat('folded', react(1, '👍'));
  await ben.chat('folded', react(1, '🎲'));
  await ben.chat('folded', react(1, '🎲', true));
  await ana.chat('folded', { edit: { seq: 1, text: 'ho' } });
  await ana.chat('folded', { delete: { seq: 2 } });
  const [first, second, ...more] = await history(ben, 'folded');
  assert.deepEqual(more, [], 'changes are no messages');
  assert.deepEqual(first.payload, { text: 'ho', data: { colour: 'red' } });
  assert.equal(first.edited, true);
  assert.equal(typeof first.edited_timestamp, 'number');
  assert.deepEqual(first.reactions, [{ emoji: '👍', count: 2, mine: true }]);
  assert.deepEqual([second.seq, second.deleted, second.payload], [2, true, {}]);
  const cid = await named(t, 'cid');
  await cid.join('folded', { history: 10 });
  const joined = await cid.collect('chat', 'folded', 2);
  assert.deepEqual(joined[0].reactions, [{ emoji: '👍', count: 2, mine: false }]);
  assert.deepEqual(joined[0].payload, first.payload);
  assert.equal(joined[1].deleted, true);
  assert.ok(!cid.texts.some((text) => String(text).includes('secret')));
  await ana.chat('folded', { text: 'live' });
  assert.deepEqual((await cid.nextOf('chat', 'folded')).payload, { text: 'live' });
});

test('who comes back with since gets the lane as it was, once and in order', async (t) => {
  const { ana } = await pair(t, 'since');
  await ana.chat('since', { edit: { seq: 1, text: 'ho' } });
  await ana.chat('since', react(1, 'x'));
  const ben = await named(t, 'ben');
  const { epoch } = await ben.join('since');
  await ben.request({ type: 'system', op: 'leave', room: 'since' });
  const joined = await ben.join('since', { since: { epoch, chat: 1 } });
  assert.equal(joined.recovered, true);
  const got = await ben.collect('chat', 'since', 2);
  assert.deepEqual(
    got.map(({ seq, payload }) => [seq, payload]),
    [
      [2, { edit: { seq: 1, text: 'ho' } }],
      [3, react(1, 'x')],
    ],
  );
});

test('only the author edits and deletes; what is no message cannot be changed', async (t) => {
  const { ana, ben } = await pair(t, 'authors');
  const codeOf = async (client, payload) => (await client.chat('authors', payload)).code;
  assert.equal(await codeOf(ben, { edit: { seq: 1, text: 'hacked' } }), 'not_author');
  assert.equal(await codeOf(ben, { delete: { seq: 1 } }), 'not_author');
  assert.equal(await codeOf(ana, { edit: { seq: 99, text: 'x' } }), 'unknown_message');
  assert.equal(await codeOf(ben, react(99, 'x')), 'unknown_message');
  const bad = await ana.chat('authors', { react: { seq: '1', emoji: 'x' } });
  assert.deepEqual([bad.code, bad.field], ['wrong_type', 'payload.react.seq']);
});

test('typing reaches the others and leaves no trace', async (t) => {
  const { ana, ben } = await pair(t, 'typing');
  const ack = await ana.chat('typing', { typing: true });
  assert.equal(ack.op, 'ack');
  assert.ok(!('seq' in ack));
  const heard = await ben.nextOf('chat', 'typing');
  assert.deepEqual([heard.sender, heard.payload], [ana.id, { typing: true }]);
  assert.ok(!('seq' in heard));
  assert.equal((await ana.chat('typing', 'next')).seq, 2);
  assert.equal((await history(ben, 'typing')).length, 2);
  assert.deepEqual((await ana.nextOf('chat', 'typing')).payload, 'next', 'its own typing is not told');
});

test('read positions are kept by name, and joined tells what is unread', async (t) => {
  const { ana, ben } = await pair(t, 'reading');
  await ana.chat('reading', 'two');
  await ana.chat('reading', react(1, 'x'));
  const ack = await ben.request({ type: 'system', op: 'read', room: 'reading', seq: 1 });
  assert.deepEqual([ack.op, ack.seq], ['ack', 1]);
  ben.terminate();
  const again = await named(t, 'ben');
  const joined = await again.join('reading');
  assert.deepEqual([joined.read, joined.unread], [1, 1]);
  const early = await again.request({ type: 'system', op: 'read', room: 'reading', seq: 50 });
  assert.deepEqual([early.code, early.field], ['bad_value', 'seq']);
});

test('a private message to a name reaches all its sessions', async (t) => {
  const ana = await named(t, 'ana');
  const zoes = [await named(t, 'zoë'), await named(t, 'zoë'), await named(t, 'zoë')];
  const ack = await ana.request({ type: 'chat', to: '@zoë', payload: { text: 'psst' } });
  assert.equal(ack.op, 'ack');
  for (const zoe of zoes) {
    const got = await zoe.nextOf('chat');
    assert.deepEqual([got.to, got.sender, got.payload], [zoe.id, ana.id, { text: 'psst' }]);
  }
  const none = await ana.request({ type: 'chat', to: '@nobody', payload: 1 });
  assert.deepEqual([none.code, none.field], ['unknown_client', 'to']);
});

test('moderators mute, slow down, kick and ban; nobody else does', async (t) => {
  const { ana, ben } = await pair(t, 'moderated');
  const mod = await named(t, 'mod', { token: kToken });
  await mod.join('moderated');
  const order = (op, more) => mod.request({ type: 'system', op, room: 'moderated', ...more });
  const refused = await ana.request({ type: 'system', op: 'kick', room: 'moderated', client: ben.id });
  assert.equal(refused.code, 'forbidden');
  await order('mute', { client: ben.id, duration_ms: 60_000 });
  const muted = await ben.chat('moderated', 'x');
  assert.equal(muted.code, 'muted');
  assert.ok(muted.retry_after_ms > 0 && muted.retry_after_ms <= 60_000);
  await order('unmute', { client: ben.id });
  assert.equal((await ben.chat('moderated', 'x')).op, 'ack');
  await order('slow_mode', { interval_ms: 60_000 });
  assert.equal((await ben.chat('moderated', 'y')).op, 'ack');
  assert.equal((await ben.chat('moderated', 'z')).code, 'slow_mode');
  await order('slow_mode', { interval_ms: 0 });
  assert.equal((await order('kick', { client: ben.id })).op, 'ack');
  assert.equal((await ben.nextOp('left')).reason, 'kicked');
  assert.equal((await ben.join('moderated')).op, 'joined');
  await order('ban', { name: 'ben', duration_ms: 60_000 });
  assert.equal((await ben.nextOp('left')).reason, 'banned');
  const out = await ben.join('moderated');
  assert.equal(out.code, 'banned');
  assert.ok(out.retry_after_ms > 0);
  await order('unban', { name: 'ben' });
  assert.equal((await ben.join('moderated')).op, 'joined');
  assert.equal((await mod.chat('moderated', { delete: { seq: 1 } })).op, 'ack');
});

test('the binary flavour has all of it', async (t) => {
  const { ana } = await pair(t, 'binary');
  await ana.chat('binary', { text: 'secret' });
  await ana.chat('binary', { edit: { seq: 1, text: 'ho' } });
  await ana.chat('binary', { delete: { seq: 2 } });
  const bin = await BinaryChat.of(t, relay);
  const joined = await bin.join('binary', { history: 10 });
  const [first, second] = [await bin.next(), await bin.next()];
  assert.deepEqual([first.seq, first.marks.edited, first.payload.text], [1, true, 'ho']);
  assert.deepEqual([second.seq, second.marks, second.payload], [2, { deleted: true }, {}]);
  bin.chat(joined.room_number, react(1, '🎲'));
  assert.deepEqual((await bin.next()).payload, react(1, '🎲'));
  await ana.chat('binary', { typing: true });
  const typing = await bin.next();
  assert.deepEqual([typing.seq, typing.payload], [0, { typing: true }]);
  bin.toName('ana', 'psst');
  const got = await ana.next(({ to }) => to === ana.id, 'the private message');
  assert.equal(got.payload, 'psst');
  const [folded] = await history(ana, 'binary');
  assert.deepEqual(folded.reactions, [{ emoji: '🎲', count: 1, mine: false }]);
});
