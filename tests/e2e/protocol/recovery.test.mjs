// History, and coming back: `since` on the same and on a new connection, messages said twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start('--chat-history', '20');
});
after(() => relay.stop());

const payloads = (messages) => messages.map(({ payload }) => payload);
const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

// A member of a new room who has said 1..count.
async function speaker(t, room, count) {
  const ana = await Client.of(t, relay);
  const { epoch } = await ana.join(room);
  for (const i of numbers(1, count)) await ana.chat(room, i);
  return { ana, epoch };
}

test('join with history brings the newest messages, oldest first', async (t) => {
  await speaker(t, 'history', 8);
  const ben = await Client.of(t, relay);
  await ben.join('history', { history: 5 });
  assert.deepEqual(payloads(await ben.collect('chat', 'history', 5)), [4, 5, 6, 7, 8]);
});

test('history is read backwards in pages', async (t) => {
  const { ana } = await speaker(t, 'pages', 12);
  const page = async (before, limit) =>
    (await ana.request({ type: 'system', op: 'history', room: 'pages', before, limit })).messages;
  const newest = await page(13, 5);
  assert.deepEqual(
    newest.map(({ seq }) => seq),
    [8, 9, 10, 11, 12],
  );
  assert.deepEqual(payloads(await page(newest[0].seq, 5)), [3, 4, 5, 6, 7]);
  assert.deepEqual(payloads(await page(3, 5)), [1, 2]);
  assert.deepEqual(await page(1, 5), []);
  assert.deepEqual(newest[0], {
    type: 'chat',
    room: 'pages',
    seq: 8,
    sender: ana.id,
    timestamp: newest[0].timestamp,
    payload: 8,
  });
});

test('since, on a new connection: exactly what was missed, then what is new', async (t) => {
  const { ana, epoch } = await speaker(t, 'back', 6);
  const ben = await Client.of(t, relay);
  const joined = await ben.join('back', { since: { epoch, chat: 4, player_action: 0 } });
  assert.equal(joined.recovered, true);
  await ana.chat('back', 7);
  assert.deepEqual(payloads(await ben.collect('chat', 'back', 3)), [5, 6, 7]);
});

test('since, on the same connection after leaving', async (t) => {
  const { ana, epoch } = await speaker(t, 'again', 2);
  const ben = await Client.of(t, relay);
  await ben.join('again');
  await ben.request({ type: 'system', op: 'leave', room: 'again' });
  await ana.chat('again', 3);
  ana.send({ type: 'player_action', room: 'again', payload: 'jump' });
  await ana.nextOf('player_action', 'again');
  const joined = await ben.join('again', { since: { epoch, chat: 2, player_action: 0 } });
  assert.equal(joined.recovered, true);
  assert.equal((await ben.nextOf('chat', 'again')).seq, 3);
  assert.equal((await ben.nextOf('player_action', 'again')).payload, 'jump');
});

test('since up to date: recovered, and nothing is said twice', async (t) => {
  const { ana, epoch } = await speaker(t, 'fresh', 3);
  const ben = await Client.of(t, relay);
  assert.equal((await ben.join('fresh', { since: { epoch, chat: 3 } })).recovered, true);
  await ana.chat('fresh', 4);
  assert.deepEqual((await ben.nextOf('chat', 'fresh')).payload, 4);
});

const kNotHeld = [
  ['an unknown epoch', () => ({ epoch: 'nonsense', chat: 1 })],
  ['a gap that is not held any more', (epoch) => ({ epoch, chat: 1 })],
  ['a number that was never given', (epoch) => ({ epoch, chat: 999 })],
];
for (const [name, since] of kNotHeld) {
  test(`since with ${name}: recovered is false and the member starts afresh`, async (t) => {
    const room = `not held: ${name}`;
    const { ana, epoch } = await speaker(t, room, 40);
    const ben = await Client.of(t, relay);
    const joined = await ben.join(room, { since: since(epoch) });
    assert.equal(joined.recovered, false);
    assert.deepEqual([joined.epoch, joined.seq.chat], [epoch, 40]);
    await ana.chat(room, 'new');
    assert.equal(
      (await ben.nextOf('chat', room)).payload,
      'new',
      'never a part of what was missed',
    );
  });
}

test('a publish repeated with its id is acknowledged with its first seq and delivered once', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('twice');
  const first = await ana.request({ type: 'chat', room: 'twice', payload: 'once', id: 77 });
  await ana.chat('twice', 'between');
  const second = await ana.request({ type: 'chat', room: 'twice', payload: 'once', id: 77 });
  assert.deepEqual([second.op, second.seq], ['ack', first.seq]);
  await ana.chat('twice', 'end');
  assert.deepEqual(payloads(await ana.collect('chat', 'twice', 3)), ['once', 'between', 'end']);
});
