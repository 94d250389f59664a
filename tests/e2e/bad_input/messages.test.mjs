// Every kind of bad message gets its own error code and names its field; the connection goes on, and nobody else notices.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay, relayFor } from '../support/relay.mjs';

// A room's home is decided by a hash of its name: of so many, each of two shards has some but once in 500,000 runs.
const kRoomsForEveryShard = 20;
let relay;
let bystander;
before(async () => {
  relay = await Relay.start(
    '--session-rooms-max',
    '4',
    '--room-members-max',
    '3',
    '--room-entities-max',
    '8',
  );
  bystander = await Client.connect(relay);
  await bystander.join('calm', { presence: true });
});
after(async () => {
  // Whatever was thrown at the relay, nothing of it reached the one who did not take part.
  const { seq } = await bystander.chat('calm', 'end');
  assert.equal(seq, 1);
  await bystander.nextOf('chat', 'calm');
  assert.deepEqual(bystander.inbox, []);
  bystander.terminate();
  await relay.stop();
});

const deep = (levels) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const long = (bytes) => 'x'.repeat(bytes);

// name, what is sent (text), code, field (undefined: none), id that comes back (undefined: none)
const kRows = [
  // The frame as a whole
  ['an empty text', '', 'invalid_json'],
  ['no JSON', 'hello', 'invalid_json'],
  ['an unfinished object', '{"type":"chat"', 'invalid_json'],
  ['bytes behind the object', '{"type":"system","op":"ping"} x', 'invalid_json'],
  ['NaN', '{"type":"chat","room":"r","payload":NaN}', 'invalid_json'],
  ['a single quote', "{'type':'chat'}", 'invalid_json'],
  ['a byte order mark', '\ufeff{"type":"system","op":"ping"}', 'invalid_json'],
  ['a string', '"chat"', 'not_an_object'],
  ['a number', '42', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['an array with a number in it', '[7]', 'not_an_object'],
  [
    'too many messages in an array',
    JSON.stringify(Array(257).fill({ type: 'system', op: 'ping' })),
    'too_many_messages_in_frame',
  ],
  // The nesting
  [
    'a payload nested too deep',
    `{"type":"chat","room":"r","id":1,"payload":${deep(64)}}`,
    'too_deep',
  ],
  ['a frame nested 100,000 deep', deep(100_000), 'too_deep'],
  // type and op
  ['no type', '{"room":"r","id":1}', 'missing_field', 'type', 1],
  ['an unknown type', '{"type":"nope","id":2}', 'unknown_type', 'type', 2],
  ['an unknown type, id first', '{"id":2,"type":"nope"}', 'unknown_type', 'type', 2],
  ['a type that is a number', '{"type":1,"id":3}', 'wrong_type', 'type', 3],
  ['a type that is null', '{"type":null,"id":3}', 'wrong_type', 'type', 3],
  ['no op', '{"type":"system","id":4}', 'missing_field', 'op', 4],
  ['an unknown op', '{"type":"system","op":"dance","id":5}', 'unknown_op', 'op', 5],
  ['an op of the relay', '{"type":"system","op":"welcome","id":5}', 'unknown_op', 'op', 5],
  ['an op that is an object', '{"type":"system","op":{},"id":6}', 'wrong_type', 'op', 6],
  [
    'a type that stands there twice',
    '{"type":"system","type":"chat","op":"ping","id":6}',
    'duplicate_field',
    'type',
    6,
  ],
  [
    'a room that stands there twice',
    '{"type":"chat","room":"a","room":"b","payload":1,"id":6}',
    'duplicate_field',
    'room',
    6,
  ],
  // id
  ['an id that is an object', '{"type":"system","op":"ping","id":{}}', 'wrong_type', 'id'],
  ['an id that is a fraction', '{"type":"system","op":"ping","id":1.5}', 'bad_value', 'id'],
  ['an id that is true', '{"type":"system","op":"ping","id":true}', 'wrong_type', 'id'],
  ['an id that is too long', `{"type":"system","op":"ping","id":"${long(33)}"}`, 'bad_value', 'id'],
  [
    'an id beyond 64 bits',
    '{"type":"system","op":"ping","id":99999999999999999999}',
    'bad_value',
    'id',
  ],
  // chat and player_action
  ['neither room nor to', '{"type":"chat","payload":1,"id":7}', 'missing_field', 'room', 7],
  ['no payload', '{"type":"chat","room":"calm","id":8}', 'missing_field', 'payload', 8],
  [
    'a room that is a number',
    '{"type":"chat","room":5,"payload":1,"id":9}',
    'wrong_type',
    'room',
    9,
  ],
  ['an empty room', '{"type":"chat","room":"","payload":1,"id":10}', 'bad_value', 'room', 10],
  [
    'a room name that is too long',
    `{"type":"chat","room":"${long(129)}","payload":1,"id":11}`,
    'name_too_long',
    'room',
    11,
  ],
  [
    'a room not joined',
    '{"type":"chat","room":"calm","payload":1,"id":12}',
    'not_joined',
    'room',
    12,
  ],
  [
    'an action to a room not joined',
    '{"type":"player_action","room":"calm","payload":1,"id":13}',
    'not_joined',
    'room',
    13,
  ],
  [
    'a recipient that is a number',
    '{"type":"chat","to":5,"payload":1,"id":14}',
    'wrong_type',
    'to',
    14,
  ],
  [
    'a recipient that is no client id',
    '{"type":"chat","to":"ana","payload":1,"id":15}',
    undefined,
    'to',
    15,
  ],
  // system ops
  ['join without a room', '{"type":"system","op":"join","id":20}', 'missing_field', 'room', 20],
  [
    'join with presence that is a string',
    '{"type":"system","op":"join","room":"r","presence":"yes","id":21}',
    'wrong_type',
    'presence',
    21,
  ],
  [
    'join with history that is a string',
    '{"type":"system","op":"join","room":"r","history":"50","id":22}',
    'wrong_type',
    'history',
    22,
  ],
  [
    'join with negative history',
    '{"type":"system","op":"join","room":"r","history":-1,"id":23}',
    undefined,
    'history',
    23,
  ],
  [
    'join with a since that is a number',
    '{"type":"system","op":"join","room":"r","since":4,"id":24}',
    'wrong_type',
    'since',
    24,
  ],
  [
    'join with a since without epoch',
    '{"type":"system","op":"join","room":"r","since":{"chat":4},"id":25}',
    'missing_field',
    'since.epoch',
    25,
  ],
  [
    'join with a since whose chat is a string',
    '{"type":"system","op":"join","room":"r","since":{"epoch":"e","chat":"4"},"id":26}',
    'wrong_type',
    'since.chat',
    26,
  ],
  [
    'leave of a room not joined',
    '{"type":"system","op":"leave","room":"calm","id":27}',
    'not_joined',
    'room',
    27,
  ],
  [
    'discover of a room not joined',
    '{"type":"system","op":"discover","room":"calm","id":28}',
    'not_joined',
    'room',
    28,
  ],
  [
    'history of a room not joined',
    '{"type":"system","op":"history","room":"calm","before":5,"limit":5,"id":29}',
    'not_joined',
    'room',
    29,
  ],
  [
    'hello with a name that is a number',
    '{"type":"system","op":"hello","name":5,"id":30}',
    'wrong_type',
    'name',
    30,
  ],
  [
    'hello with a name that is too long',
    `{"type":"system","op":"hello","name":"${long(65)}","id":31}`,
    'name_too_long',
    'name',
    31,
  ],
  [
    'hello with a control letter in the name',
    '{"type":"system","op":"hello","name":"a\\u0007b","id":32}',
    'bad_value',
    'name',
    32,
  ],
  // game_state
  [
    'state without a payload',
    '{"type":"game_state","room":"calm","id":40}',
    'missing_field',
    'payload',
    40,
  ],
  [
    'state whose payload is an array',
    '{"type":"game_state","room":"calm","payload":[],"id":41}',
    'wrong_type',
    'payload',
    41,
  ],
  [
    'state of a room not joined',
    '{"type":"game_state","room":"calm","payload":{"set":{}},"id":42}',
    'not_joined',
    'room',
    42,
  ],
];

for (const [name, text, code, field, id] of kRows) {
  test(name, async (t) => {
    const client = await Client.of(t, relay, { hello: false });
    client.sendText(text);
    const answer = await client.nextOp('error');
    if (code) assert.equal(answer.code, code);
    assert.equal(answer.field, field);
    assert.equal(answer.id, id);
    assert.ok(answer.message.length > 10, 'a sentence');
    assert.equal(
      (await client.request({ type: 'system', op: 'ping' })).op,
      'pong',
      'the connection goes on',
    );
    assert.deepEqual(client.inbox, [], 'one answer only');
  });
}

test('one bad message of an array does not spoil the others', async (t) => {
  const client = await Client.of(t, relay, { hello: false });
  client.sendText(
    '[{"type":"system","op":"ping","id":1},{"type":"nope","id":2},{"type":"system","op":"ping","id":3}]',
  );
  const answers = [];
  while (answers.length < 3) answers.push(await client.next(({ id }) => id !== undefined));
  assert.deepEqual(
    answers.map(({ id, op }) => [id, op]),
    [
      [1, 'pong'],
      [2, 'error'],
      [3, 'pong'],
    ],
  );
});

test('joining twice', async (t) => {
  const client = await Client.of(t, relay);
  await client.join('once');
  assert.equal((await client.join('once')).code, 'already_joined');
});

test('more rooms than a session may join, and a room that is full', async (t) => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => Client.of(t, relay)));
  for (let i = 0; i < 4; i += 1) assert.equal((await clients[0].join(`limit ${i}`)).op, 'joined');
  assert.equal((await clients[0].join('limit 4')).code, 'session_room_limit');
  for (const client of clients.slice(1, 3))
    assert.equal((await client.join('limit 0')).op, 'joined');
  assert.equal((await clients[3].join('limit 0')).code, 'room_full');
});

test('a private message to someone who is gone', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await Client.of(t, relay);
  const gone = ben.id;
  await ben.close();
  const answer = await ana.request({ type: 'chat', to: gone, payload: 1 });
  assert.deepEqual([answer.op, answer.code], ['error', 'unknown_client']);
});

const kBadStates = [
  ['set that is an array', { set: [] }],
  ['set of an entity that is a number', { set: { e1: 5 } }],
  ['unset that is an object', { unset: {} }],
  ['unset of a number', { unset: [5] }],
];
for (const [name, payload] of kBadStates) {
  test(`state with ${name}: the same answer wherever the room lives`, async (t) => {
    const client = await Client.of(t, relay);
    for (let i = 0; i < kRoomsForEveryShard; i += 1) {
      const room = `bad state ${i}`;
      await client.join(room);
      const answer = await client.request({ type: 'game_state', room, payload, id: 'state' });
      assert.deepEqual([answer.op, answer.code, answer.id], ['error', 'wrong_type', 'state']);
      assert.match(answer.field, /^payload\.(set|unset)/);
      await client.request({ type: 'system', op: 'leave', room });
    }
  });
}

test('no member, wherever the room lives: not_joined names the room', async (t) => {
  const client = await Client.of(t, relay);
  for (let i = 0; i < kRoomsForEveryShard; i += 1) {
    const answer = await client.chat(`nobody ${i}`, 1);
    assert.deepEqual([answer.code, answer.field], ['not_joined', 'room']);
  }
});

test('more entities than a room may hold', async (t) => {
  const client = await Client.of(t, relay);
  await client.join('crowded');
  const set = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`e${i}`, { x: i }]));
  const answer = await client.request({ type: 'game_state', room: 'crowded', payload: { set } });
  assert.equal(answer.code, 'state_limit');
});

test('more rooms than the relay holds', async (t) => {
  const own = await relayFor(t, '--rooms-max', '4', '--shards', '1');
  const client = await Client.of(t, own);
  for (let i = 0; i < 4; i += 1) assert.equal((await client.join(`room ${i}`)).op, 'joined');
  assert.equal((await client.join('room 4')).code, 'room_limit');
  assert.equal((await client.chat('room 0', 1)).op, 'ack');
});

test('letters that deceive the eye are refused in names', async (t) => {
  const client = await Client.of(t, relay, { hello: false });
  for (const letter of ['\u0000', '\u001b', '\u202e', '\u2028']) {
    const hello = await client.request({ type: 'system', op: 'hello', name: `a${letter}b` });
    assert.deepEqual([hello.code, hello.field], ['bad_value', 'name']);
    const join = await client.join(`a${letter}b`);
    assert.deepEqual([join.code, join.field], ['bad_value', 'room']);
  }
});
