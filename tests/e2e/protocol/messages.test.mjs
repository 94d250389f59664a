// chat, player_action and private messages: order, acknowledgement, bytes as they were written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start();
});
after(() => relay.stop());

for (const type of ['chat', 'player_action']) {
  test(`${type}: every member reads one order without holes, the senders included`, async (t) => {
    const room = `order ${type}`;
    const members = await Promise.all(Array.from({ length: 5 }, () => Client.of(t, relay)));
    for (const member of members) await member.join(room);
    const each = 40;
    for (let i = 0; i < each; i += 1)
      for (const member of members) member.send({ type, room, payload: { from: member.id, i } });
    const read = await Promise.all(
      members.map((member) => member.collect(type, room, each * members.length)),
    );
    for (const messages of read) assert.deepEqual(messages, read[0]);
    assert.deepEqual(
      read[0].map(({ seq }) => seq),
      Array.from({ length: each * members.length }, (_, i) => i + 1),
    );
    for (const member of members) {
      const own = read[0].filter(({ sender }) => sender === member.id);
      assert.deepEqual(
        own.map(({ payload }) => payload),
        Array.from({ length: each }, (_, i) => ({ from: member.id, i })),
      );
    }
  });

  test(`${type}: the acknowledgement bears id, room, seq and time of the message`, async (t) => {
    const ana = await Client.of(t, relay);
    const room = `ack ${type}`;
    await ana.join(room);
    const ack = await ana.request({ type, room, payload: [1], id: 'mine' });
    const message = await ana.nextOf(type, room);
    assert.deepEqual(ack, {
      type: 'system',
      op: 'ack',
      id: 'mine',
      room,
      seq: message.seq,
      timestamp: message.timestamp,
    });
    assert.deepEqual(message, {
      type,
      room,
      seq: 1,
      sender: ana.id,
      timestamp: message.timestamp,
      payload: [1],
    });
  });
}

test('without an id there is no acknowledgement', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('silent');
  ana.send({ type: 'chat', room: 'silent', payload: 1 });
  await ana.nextOf('chat', 'silent');
  await ana.request({ type: 'system', op: 'ping' });
  assert.equal(ana.inbox.length, 0);
});

test('chat and player_action are numbered apart', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('apart');
  assert.equal((await ana.request({ type: 'chat', room: 'apart', payload: 1 })).seq, 1);
  assert.equal((await ana.request({ type: 'player_action', room: 'apart', payload: 1 })).seq, 1);
  assert.equal((await ana.request({ type: 'chat', room: 'apart', payload: 1 })).seq, 2);
});

const kPayloads = [
  '{"text" :  "\\u00e9\\/" , "n":1e2}',
  '"\\ud83d\\ude00"',
  '[1.0,-0,1E+2,12345678901234567890]',
  'null',
  'true',
  '"\u2028"',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
];
for (const payload of kPayloads) {
  test(`a payload is relayed byte for byte: ${payload}`, async (t) => {
    const ana = await Client.of(t, relay);
    const room = 'bytes';
    await ana.join(room);
    ana.sendText(`{"payload":${payload},"room":"${room}","type":"chat"}`);
    await ana.nextOf('chat', room);
    assert.ok(ana.texts.at(-1).endsWith(`"payload":${payload}}`), ana.texts.at(-1));
  });
}

test('the fields of a message may stand in any order and unknown ones do no harm', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('any');
  ana.sendText(
    '{"extra":{"deep":[1,{"x":null}]},"payload":{"text":"hi"},"id":5,"room":"any","type":"chat"}',
  );
  const ack = await ana.nextOp('ack');
  assert.equal(ack.id, 5);
});

test('a private message reaches its recipient alone, and is acknowledged', async (t) => {
  const [ana, ben, eve] = await Promise.all(
    ['ana', 'ben', 'eve'].map((name) => Client.of(t, relay, { hello: { name } })),
  );
  for (const client of [ana, ben, eve]) await client.join('public');
  const ack = await ana.request({ type: 'chat', to: ben.id, payload: { text: 'psst' } });
  assert.equal(ack.op, 'ack');
  const message = await ben.next(({ type, to }) => type === 'chat' && to !== undefined);
  assert.deepEqual(message, {
    type: 'chat',
    to: ben.id,
    sender: ana.id,
    timestamp: message.timestamp,
    payload: { text: 'psst' },
  });
  await ana.chat('public', 'end');
  await eve.nextOf('chat', 'public');
  assert.equal(eve.texts.filter((text) => text.includes('psst')).length, 0);
});

test('a private message needs no room, and player_action may be private too', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await Client.of(t, relay);
  await ana.request({ type: 'player_action', to: ben.id, payload: 'trade?' });
  assert.equal((await ben.next(({ type }) => type === 'player_action')).payload, 'trade?');
});

test('private messages of one sender to one recipient keep their order', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await Client.of(t, relay);
  for (let i = 0; i < 100; i += 1) ana.send({ type: 'chat', to: ben.id, payload: i });
  const got = [];
  while (got.length < 100) got.push((await ben.nextOf('chat')).payload);
  assert.deepEqual(
    got,
    Array.from({ length: 100 }, (_, i) => i),
  );
});
