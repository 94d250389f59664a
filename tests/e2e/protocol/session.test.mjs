// hello and welcome, ping and pong, several messages in one frame, subprotocols and compression of the connection.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { Relay } from '../support/relay.mjs';

const kClockSkewMs = 60_000;
let relay;
before(async () => {
  relay = await Relay.start();
});
after(() => relay.stop());

test('hello is answered by welcome with the settings that clients obey', async (t) => {
  const { welcome } = await Client.of(t, relay, { hello: { name: 'ana', meta: { team: 'red' } } });
  assert.equal(welcome.op, 'welcome');
  assert.match(welcome.client, /^c\w+$/);
  assert.ok(welcome.session.length >= 16, 'a secret that cannot be guessed');
  assert.equal(welcome.resumed, false);
  assert.equal(welcome.heartbeat_interval_ms, 5000);
  assert.equal(welcome.timeout_ms, 30000);
  assert.equal(welcome.reconnect_attempts, 5);
  assert.equal(welcome.reconnect_delay_ms, 1000);
  assert.ok(Math.abs(welcome.timestamp - Date.now()) < kClockSkewMs);
});

test('the flags of heartbeat, timeout and reconnect reach the welcome', async (t) => {
  const own = await Relay.start(
    '--heartbeat-interval-ms',
    '700',
    '--timeout-ms',
    '9000',
    '--reconnect-attempts',
    '3',
    '--reconnect-delay-ms',
    '250',
  );
  t.after(() => own.stop());
  const { welcome } = await Client.of(t, own);
  assert.deepEqual(
    [
      welcome.heartbeat_interval_ms,
      welcome.timeout_ms,
      welcome.reconnect_attempts,
      welcome.reconnect_delay_ms,
    ],
    [700, 9000, 3, 250],
  );
});

test('every session has its own id and secret', async (t) => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.of(t, relay)));
  assert.equal(new Set(clients.map(({ id }) => id)).size, 20);
  assert.equal(new Set(clients.map(({ welcome }) => welcome.session)).size, 20);
});

test('hello is optional: a client may join at once', async (t) => {
  const client = await Client.of(t, relay, { hello: false });
  const joined = await client.join('without hello');
  assert.equal(joined.op, 'joined');
});

test('a second hello is refused and names itself', async (t) => {
  const client = await Client.of(t, relay);
  const answer = await client.request({ type: 'system', op: 'hello', id: 'again' });
  assert.deepEqual([answer.op, answer.code, answer.id], ['error', 'already_welcomed', 'again']);
});

test('ping is answered by pong with the id and the clock of the relay', async (t) => {
  const client = await Client.of(t, relay);
  const pong = await client.request({ type: 'system', op: 'ping', id: 8 });
  assert.deepEqual([pong.op, pong.id], ['pong', 8]);
  assert.ok(Math.abs(pong.timestamp - Date.now()) < kClockSkewMs);
});

test('ids may be integers of 64 bits or strings, and come back as they were', async (t) => {
  const client = await Client.of(t, relay);
  for (const id of [0, -1, 42, '', 'a1', 'ü✓', '"\\']) {
    assert.equal((await client.request({ type: 'system', op: 'ping', id })).id, id);
  }
  client.sendText('{"type":"system","op":"ping","id":9223372036854775807}');
  await client.nextOp('pong');
  assert.ok(client.texts.at(-1).includes('"id":9223372036854775807'));
});

test('several messages in one frame are done in their order', async (t) => {
  const client = await Client.of(t, relay);
  const room = 'array';
  const other = await Client.of(t, relay);
  await other.join(room);
  client.send([
    { type: 'system', op: 'join', id: 1, room },
    { type: 'chat', id: 2, room, payload: 'a' },
    { type: 'chat', id: 3, room, payload: 'b' },
    { type: 'system', op: 'leave', id: 4, room },
  ]);
  const order = [];
  for (let i = 0; i < 4; i += 1) order.push((await client.next(({ id }) => id !== undefined)).op);
  assert.deepEqual(order, ['joined', 'ack', 'ack', 'left']);
  assert.deepEqual(
    (await other.collect('chat', room, 2)).map(({ payload }) => payload),
    ['a', 'b'],
  );
});

test('the subprotocol is negotiated: the first known offer, JSON when none is made', async (t) => {
  const json = await Client.of(t, relay, {
    protocols: ['x.unknown', 'perseid.json.v1', 'perseid.bin.v1'],
  });
  assert.equal(json.socket.protocol, 'perseid.json.v1');
  const binary = await Client.of(t, relay, { protocols: ['perseid.bin.v1'], hello: false });
  assert.equal(binary.socket.protocol, 'perseid.bin.v1');
  const none = await Client.of(t, relay, { protocols: [] });
  assert.equal(none.socket.protocol, '');
  assert.equal((await none.request({ type: 'system', op: 'ping' })).op, 'pong');
});

test('only unknown subprotocols: HTTP 400 that names the known ones', async (t) => {
  const peer = await RawPeer.connect(relay);
  t.after(() => peer.destroy());
  peer.write(
    [
      'GET /ws HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: mqtt, wamp.2.json',
      '',
      '',
    ].join('\r\n'),
  );
  const { status, body } = await peer.readAnswer();
  assert.equal(status, 400);
  assert.match(body, /perseid\.json\.v1/);
  assert.match(body, /perseid\.bin\.v1/);
});

for (const perMessageDeflate of [true, false]) {
  test(`long messages pass with permessage-deflate ${perMessageDeflate ? 'on' : 'off'}`, async (t) => {
    const client = await Client.of(t, relay, { perMessageDeflate });
    assert.equal(client.socket.extensions.includes('permessage-deflate'), perMessageDeflate);
    const room = `deflate ${perMessageDeflate}`;
    await client.join(room);
    for (const size of [0, 100, 5_000, 200_000]) {
      const payload = { text: 'meteor '.repeat(size / 7) };
      await client.chat(room, payload);
      assert.deepEqual((await client.nextOf('chat', room)).payload, payload);
    }
  });
}

test('compressed and plain members of a room read the same', async (t) => {
  const room = 'mixed';
  const members = await Promise.all(
    [true, false, true, false].map((perMessageDeflate) =>
      Client.of(t, relay, { perMessageDeflate }),
    ),
  );
  for (const member of members) await member.join(room);
  const payloads = Array.from({ length: 20 }, (_, i) => ({ i, text: `${i} `.repeat(i * 40) }));
  for (const [i, payload] of payloads.entries())
    members[i % 4].send({ type: 'chat', room, payload });
  const read = await Promise.all(
    members.map((member) => member.collect('chat', room, payloads.length)),
  );
  for (const messages of read) assert.deepEqual(messages, read[0]);
});
