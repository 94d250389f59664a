// Joining, leaving, presence, discovery: who is in which room and who hears of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start();
});
after(() => relay.stop());

const named = (t, name) => Client.of(t, relay, { hello: { name } });

test('join is answered by joined with epoch, sequence numbers and members', async (t) => {
  const ana = await named(t, 'ana');
  const ben = await named(t, 'ben');
  const first = await ana.join('lobby');
  assert.equal(first.op, 'joined');
  assert.equal(first.room, 'lobby');
  assert.equal(typeof first.epoch, 'string');
  assert.deepEqual(first.seq, { chat: 0, player_action: 0 });
  await ana.chat('lobby', 'hi');
  const second = await ben.join('lobby');
  assert.deepEqual(second.seq, { chat: 1, player_action: 0 });
  assert.equal(second.epoch, first.epoch);
  assert.deepEqual(new Set(second.members.map(({ name }) => name)), new Set(['ana', 'ben']));
  assert.ok(second.members.some(({ client }) => client === ana.id));
});

test('what is said before is not delivered to a new member that asks for no history', async (t) => {
  const ana = await named(t, 'ana');
  const ben = await named(t, 'ben');
  await ana.join('late');
  await ana.chat('late', 'before');
  await ben.join('late');
  await ana.chat('late', 'after');
  assert.equal((await ben.nextOf('chat', 'late')).payload, 'after');
});

test('leave is answered by left, and nothing of the room comes after', async (t) => {
  const ana = await named(t, 'ana');
  const ben = await named(t, 'ben');
  for (const client of [ana, ben]) {
    await client.join('a');
    await client.join('b');
  }
  const left = await ben.request({ type: 'system', op: 'leave', room: 'a' });
  assert.deepEqual([left.op, left.room], ['left', 'a']);
  await ana.chat('a', 'unheard');
  await ana.chat('b', 'heard');
  await ben.nextOf('chat', 'b');
  assert.equal(ben.inbox.filter(({ room }) => room === 'a').length, 0);
  const refused = await ben.chat('a', 'no member any more');
  assert.equal(refused.code, 'not_joined');
});

test('a session may be in many rooms; each has its own order', async (t) => {
  const ana = await named(t, 'ana');
  const rooms = Array.from({ length: 10 }, (_, i) => `many ${i}`);
  for (const room of rooms) await ana.join(room);
  for (let turn = 0; turn < 3; turn += 1)
    for (const room of rooms) ana.send({ type: 'chat', room, payload: turn });
  for (const room of rooms) {
    const messages = await ana.collect('chat', room, 3);
    assert.deepEqual(
      messages.map(({ seq, payload }) => [seq, payload]),
      [
        [1, 0],
        [2, 1],
        [3, 2],
      ],
    );
  }
});

test('room names are any text: each is a room of its own', async (t) => {
  const ana = await named(t, 'ana');
  const names = [
    '*',
    '>',
    '../x',
    '%00',
    '$SYS',
    'Ä',
    'A\u0308',
    'a b',
    'x'.repeat(128),
    '"quoted"',
    'back\\slash',
    '__proto__',
  ];
  for (const room of names) assert.equal((await ana.join(room)).room, room);
  for (const room of names) {
    await ana.chat(room, { room });
    assert.deepEqual((await ana.nextOf('chat', room)).payload, { room });
  }
});

test('members that asked for presence hear joins and leaves; others do not', async (t) => {
  const watcher = await named(t, 'watcher');
  const quiet = await named(t, 'quiet');
  const guest = await named(t, 'guest');
  await watcher.join('door', { presence: true });
  await quiet.join('door');
  await guest.join('door');
  const came = await watcher.next(({ op, client }) => op === 'presence' && client === guest.id);
  assert.deepEqual([came.event, came.room, came.name], ['join', 'door', 'guest']);
  await guest.request({ type: 'system', op: 'leave', room: 'door' });
  const went = await watcher.next(({ op, client }) => op === 'presence' && client === guest.id);
  assert.equal(went.event, 'leave');
  await watcher.chat('door', 'end');
  await quiet.nextOf('chat', 'door');
  assert.equal(quiet.inbox.filter(({ op }) => op === 'presence').length, 0);
});

for (const [how, end] of [
  ['closes', (client) => client.close()],
  ['drops', (client) => client.terminate()],
]) {
  test(`presence tells of a member whose connection ${how}`, async (t) => {
    const watcher = await named(t, 'watcher');
    const guest = await named(t, 'guest');
    const room = `lost ${how}`;
    await watcher.join(room, { presence: true });
    await guest.join(room);
    await end(guest);
    const gone = await watcher.next(
      ({ op, event, client }) => op === 'presence' && event !== 'join' && client === guest.id,
    );
    assert.ok(['leave', 'drop'].includes(gone.event), gone.event);
  });
}

test('discover lists the members of a joined room', async (t) => {
  const ana = await named(t, 'ana');
  const ben = await named(t, 'ben');
  await ana.join('seen');
  await ben.join('seen');
  const { op, clients } = await ana.request({ type: 'system', op: 'discover', room: 'seen' });
  assert.equal(op, 'clients');
  const found = clients.find(({ client }) => client === ben.id);
  assert.equal(found.name, 'ben');
  assert.equal(found.connection_type, 'websocket');
  assert.equal(typeof found.status, 'string');
  assert.ok(Number.isInteger(found.last_seen));
  assert.deepEqual(
    Object.keys(found).filter((key) => /ip|port|address|session/.test(key)),
    [],
    'nothing private',
  );
});

test('a user-made name comes back as it was, whatever letters it has', async (t) => {
  const name = '<b>"x\\ü✓😀';
  const ana = await named(t, name);
  const ben = await named(t, 'ben');
  await ana.join('names');
  const { members } = await ben.join('names');
  assert.equal(members.find(({ client }) => client === ana.id).name, name);
});
