// game_state: fields are merged, changes come as deltas, newcomers and returning members get the whole.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start();
});
after(() => relay.stop());

// Follows a room's state as a client would; until(match) waits for a state of the whole.
function follow(client, room) {
  const state = { entities: {}, deltas: [], ticks: [] };
  state.until = async (match, what) => {
    while (!match(state.entities)) {
      const message = await client.next(
        (each) => each.type === 'game_state' && each.room === room,
        `${what}; so far ${JSON.stringify(state.entities)}`,
      );
      apply(state, message);
    }
  };
  return state;
}

function apply(state, { full, payload, tick }) {
  if (full) state.entities = {};
  for (const [id, fields] of Object.entries(payload.set ?? {})) {
    const entity = (state.entities[id] ??= {});
    for (const [field, value] of Object.entries(fields)) {
      if (value === null) delete entity[field];
      else entity[field] = value;
    }
  }
  for (const id of payload.unset ?? []) delete state.entities[id];
  state.deltas.push({ full: full ?? false, payload });
  state.ticks.push(tick);
}

const set = (client, room, entities) =>
  client.send({ type: 'game_state', room, payload: { set: entities } });

test('partial updates are merged field by field and reach every member', async (t) => {
  const [ana, ben] = await Promise.all([Client.of(t, relay), Client.of(t, relay)]);
  for (const client of [ana, ben]) await client.join('arena');
  const seen = follow(ben, 'arena');
  set(ana, 'arena', { e1: { x: 1.5, y: 2 } });
  await seen.until(({ e1 }) => e1?.x === 1.5 && e1.y === 2, 'e1');
  set(ana, 'arena', { e1: { x: 3 }, e2: { name: 'ü', tags: ['a', { b: 1 }] } });
  await seen.until(({ e1, e2 }) => e1.x === 3 && e2, 'e1.x and e2');
  assert.deepEqual(seen.entities, { e1: { x: 3, y: 2 }, e2: { name: 'ü', tags: ['a', { b: 1 }] } });
  assert.deepEqual(
    seen.deltas.at(-1).payload.set,
    { e1: { x: 3 }, e2: { name: 'ü', tags: ['a', { b: 1 }] } },
    'only what changed',
  );
});

test('null removes a field, unset removes an entity', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('removal');
  const seen = follow(ana, 'removal');
  set(ana, 'removal', { e1: { x: 1, y: 2 }, e2: { x: 5 } });
  await seen.until(({ e1, e2 }) => e1 && e2, 'both');
  set(ana, 'removal', { e1: { y: null } });
  await seen.until(({ e1 }) => e1.y === undefined, 'y to go');
  ana.send({ type: 'game_state', room: 'removal', payload: { unset: ['e2'] } });
  await seen.until(({ e2 }) => e2 === undefined, 'e2 to go');
  assert.deepEqual(seen.entities, { e1: { x: 1 } });
});

test('the newest value of a field wins inside a tick, and ticks go up', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('newest');
  const seen = follow(ana, 'newest');
  for (let x = 1; x <= 200; x += 1) set(ana, 'newest', { e1: { x } });
  await seen.until(({ e1 }) => e1?.x === 200, 'the last value');
  assert.ok(
    seen.deltas.length < 200,
    `merged into ticks: ${seen.deltas.length} messages for 200 updates`,
  );
  for (let i = 1; i < seen.ticks.length; i += 1) assert.ok(seen.ticks[i] > seen.ticks[i - 1]);
});

test('who joins later gets the whole state, marked full, then deltas', async (t) => {
  const [ana, ben] = await Promise.all([Client.of(t, relay), Client.of(t, relay)]);
  await ana.join('whole');
  const own = follow(ana, 'whole');
  set(ana, 'whole', { e1: { x: 1 }, e2: { x: 2 } });
  await own.until(({ e2 }) => e2, 'the state to stand');
  await ben.join('whole');
  const seen = follow(ben, 'whole');
  await seen.until(({ e1, e2 }) => e1 && e2, 'the whole');
  assert.equal(seen.deltas[0].full, true);
  set(ana, 'whole', { e1: { x: 9 } });
  await seen.until(({ e1 }) => e1.x === 9, 'the delta');
  assert.deepEqual(seen.entities, (own.entities = { e1: { x: 9 }, e2: { x: 2 } }));
});

test('a room without state sends none at join', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('stateless');
  await ana.chat('stateless', 'end');
  await ana.nextOf('chat', 'stateless');
  assert.equal(ana.inbox.filter(({ type }) => type === 'game_state').length, 0);
});

test('setting what is so already changes nothing and sends nothing', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('same');
  const seen = follow(ana, 'same');
  set(ana, 'same', { e1: { x: 1 } });
  await seen.until(({ e1 }) => e1, 'e1');
  set(ana, 'same', { e1: { x: 1 } });
  set(ana, 'same', { e2: { x: 1 } });
  await seen.until(({ e2 }) => e2, 'e2');
  assert.equal(
    seen.deltas.slice(1).some(({ payload }) => payload.set?.e1),
    false,
  );
});

test('every member ends with the same state, whoever wrote', async (t) => {
  const room = 'converge';
  const members = await Promise.all(Array.from({ length: 6 }, () => Client.of(t, relay)));
  for (const member of members) await member.join(room);
  const views = members.map((member) => follow(member, room));
  for (let i = 0; i < 50; i += 1)
    for (const [m, member] of members.entries())
      set(member, room, { [`e${(i + m) % 9}`]: { by: m, i } });
  for (const [m, member] of members.entries()) set(member, room, { [`done${m}`]: { yes: true } });
  for (const view of views)
    await view.until((entities) => members.every((_, m) => entities[`done${m}`]), 'all to be done');
  for (const view of views) assert.deepEqual(view.entities, views[0].entities);
});
