// Rooms by the config file's rules: schemas in both flavours, owners, grids, and who cannot keep up.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { BinaryClient } from '../support/binary_client.mjs';
import { Client } from '../support/client.mjs';
import { Relay, relayFor } from '../support/relay.mjs';

const kConfig = `
[[room]]
pattern = "arena*"
state_hz = 50
checksum_every_ticks = 1
  [room.schema]
  x = { type = "float", min = -100, max = 100, resolution = 0.5 }
  hp = { type = "int", min = 0, max = 100, out_of_range = "refuse" }
  does = { type = "enum", values = ["idle", "run"] }
  name = { type = "string", max_bytes = 8 }

[[room]]
pattern = "owned*"
ownership = "first_writer"
remove_on_leave = true
  [room.schema]
  x = { type = "int", min = 0, max = 9 }

[[room]]
pattern = "grid*"
state_hz = 50
  [room.schema]
  x = { type = "float", min = -500, max = 500, resolution = 0.5 }
  y = { type = "float", min = -500, max = 500, resolution = 0.5 }
  [room.grid]
  cell = 10
  radius = 5
  far_radius = 25
  far_divisor = 2
`;

const folder = mkdtempSync(path.join(tmpdir(), 'perseid-rules-'));
const config = path.join(folder, 'rules.toml');
let relay;
before(async () => {
  writeFileSync(config, kConfig);
  relay = await Relay.start('--config', config, '--shards', '2');
});
after(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true });
});

const set = (client, room, entities) =>
  client.request({ type: 'game_state', room, payload: { set: entities } });

// What a member of the JSON flavour sees of a room, or of a grid's cells by 'x,y'.
class View {
  parts = new Map();
  constructor(client, room) {
    Object.assign(this, { client, room });
  }
  part(cell = '') {
    return this.parts.get(cell) ?? {};
  }
  get all() {
    return Object.assign({}, ...this.parts.values());
  }
  async until(match, what) {
    while (!match(this)) {
      const text = () => `${what}; so far ${JSON.stringify([...this.parts])}`;
      this.#apply(
        await this.client.next((m) => m.type === 'game_state' && m.room === this.room, text()),
      );
    }
  }
  #apply({ cell, full, payload }) {
    const key = cell === undefined ? '' : cell.join(',');
    const part = full ? {} : { ...this.part(key) };
    for (const [id, fields] of Object.entries(payload.set ?? {})) {
      part[id] = { ...part[id], ...fields };
      for (const field of Object.keys(part[id])) {
        if (part[id][field] === null) delete part[id][field];
      }
    }
    for (const id of payload.unset ?? []) delete part[id];
    this.parts.set(key, part);
  }
}

test('JSON and binary members of a typed room see the same, whoever writes in which flavour', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await BinaryClient.of(t, relay);
  await ana.join('arena');
  const { room_number: number, state } = await ben.join('arena');
  assert.equal(state.hz, 50);
  const seen = new View(ana, 'arena');
  assert.equal((await set(ana, 'arena', { a: { x: 1.3, does: 'run', name: 'ana' } })).op, 'ack');
  ben.put(number, { set: { b: { x: -2.5, hp: 7, name: 'bén' } } });
  const want = { a: { x: 1.5, does: 'run', name: 'ana' }, b: { x: -2.5, hp: 7, name: 'bén' } };
  await seen.until(({ all }) => all.a && all.b, 'both');
  assert.deepEqual(seen.all, want);
  await ben.until(() => ben.entities(number).a && ben.entities(number).b, 'both');
  assert.deepEqual(ben.entities(number), want);
  ben.put(number, { set: { a: { name: null } }, unset: ['b'] });
  await seen.until(({ all }) => !all.b, 'b to go');
  assert.deepEqual(seen.all, { a: { x: 1.5, does: 'run' } });
  await ben.until(() => !ben.entities(number).b, 'b to go');
  assert.deepEqual(ben.entities(number), seen.all);
  assert.ok(ben.decoded.every(({ read }) => read === 'ok'), JSON.stringify(ben.decoded));
});

test('out of range: clamped or refused, as the field says; unknown fields are told', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('arena-range');
  const seen = new View(ana, 'arena-range');
  assert.equal((await set(ana, 'arena-range', { a: { x: 1e6 } })).op, 'ack');
  await seen.until(({ all }) => all.a, 'a');
  assert.equal(seen.all.a.x, 100);
  for (const [fields, code] of [
    [{ hp: 101 }, 'bad_value'],
    [{ hp: '7' }, 'wrong_type'],
    [{ does: 'fly' }, 'bad_value'],
    [{ name: 'too long for it' }, 'bad_value'],
    [{ height: 1 }, 'unknown_field'],
  ]) {
    assert.equal((await set(ana, 'arena-range', { a: fields })).code, code, JSON.stringify(fields));
  }
});

test('who first writes an entity owns it until leaving, which removes it', async (t) => {
  const [ana, ben] = await Promise.all([Client.of(t, relay), Client.of(t, relay)]);
  for (const client of [ana, ben]) await client.join('owned');
  const seen = new View(ben, 'owned');
  assert.equal((await set(ana, 'owned', { a: { x: 1 } })).op, 'ack');
  assert.equal((await set(ben, 'owned', { a: { x: 2 } })).code, 'not_owner');
  await seen.until(({ all }) => all.a?.x === 1, "ana's");
  await ana.request({ type: 'system', op: 'leave', room: 'owned' });
  await seen.until(({ all }) => !all.a, 'it to go');
  assert.equal((await set(ben, 'owned', { a: { x: 2 } })).op, 'ack');
});

test('what may not be asked for: a view of no grid, a rule from a creator', async (t) => {
  const ana = await Client.of(t, relay);
  await ana.join('arena-errors');
  const look = { type: 'system', op: 'view', room: 'arena-errors', view: {} };
  assert.equal((await ana.request(look)).code, 'no_grid');
  const create = { schema: { x: 'bool' } };
  assert.equal((await ana.join('by-hand', { create })).code, 'forbidden_create');
});

test('a decoder that differs asks for a keyframe and goes on', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await BinaryClient.of(t, relay);
  await ana.join('arena-forged');
  const { room_number: number } = await ben.join('arena-forged');
  await set(ana, 'arena-forged', { a: { x: 1 } });
  await ben.until(() => ben.entities(number).a, 'a');
  ben.forge = (frame) => {
    frame[1] ^= 1; // of the checksum, which every delta bears here
    return frame;
  };
  await set(ana, 'arena-forged', { a: { x: 2 } });
  await ben.until(() => ben.decoded.some(({ read }) => read === 'differs'), 'it to differ');
  const before = ben.decoded.length;
  ben.say({ op: 'keyframe', room: 'arena-forged' });
  await ben.until(() => ben.decoded.slice(before).some(({ whole }) => whole), 'a keyframe');
  await set(ana, 'arena-forged', { a: { x: 3 } });
  await ben.until(() => ben.entities(number).a?.x === 3, 'the present');
  assert.equal(ben.decoded.at(-1).read, 'ok');
});

test('a view of a grid follows its own entity, and is set by hand', async (t) => {
  const ana = await Client.of(t, relay);
  const ben = await BinaryClient.of(t, relay);
  await ana.join('grid');
  const { room_number: number, state } = await ben.join('grid', { view: { cells: [[40, 0]] } });
  assert.equal(state.grid.far_radius, 25);
  ben.put(number, { set: { rock: { x: 22, y: 2 }, star: { x: 405, y: 5 } } });
  await ben.until(() => ben.entities(number, '40,0').star, 'the star');
  const seen = new View(ana, 'grid');
  await set(ana, 'grid', { ana: { x: 5, y: 5 } });
  await seen.until(({ all }) => all.ana && all.rock, 'what is around');
  assert.deepEqual(seen.part('2,0'), { rock: { x: 22, y: 2 } });
  await set(ana, 'grid', { ana: { x: 405, y: 6 } });
  await seen.until((view) => view.all.star && !view.all.rock && view.part('40,0').ana, 'the star');
  assert.deepEqual(seen.all, { ana: { x: 405, y: 6 }, star: { x: 405, y: 5 } });
  const look = (view) => ana.request({ type: 'system', op: 'view', room: 'grid', view });
  assert.equal((await look({ cells: [[2, 0]] })).op, 'viewing');
  await seen.until(({ all }) => all.rock && !all.star, 'the rock alone');
  assert.deepEqual(seen.all, { rock: { x: 22, y: 2 } });
  assert.equal((await look({ follow: 'star' })).op, 'viewing');
  await seen.until(({ all }) => all.star && !all.rock, 'the star');
  assert.equal((await look({ x: 1 })).code, 'bad_value');
  assert.deepEqual(ben.decoded.filter(({ read }) => read !== 'ok'), []);
});

test('a link that cannot keep up: degraded, and restored when it can again', async (t) => {
  const slow = await relayFor(t, '--client-bytes-per-second', '4000', '--state-hz', '20');
  const [ana, ben] = await Promise.all([Client.of(t, slow), Client.of(t, slow)]);
  for (const client of [ana, ben]) await client.join('wide');
  let i = 0;
  const timer = setInterval(() => {
    const payload = { set: { a: { text: String((i += 1)).repeat(200).slice(0, 400) } } };
    ana.send({ type: 'game_state', room: 'wide', payload });
  }, 40);
  const told = await ben.nextOp('degraded');
  clearInterval(timer);
  assert.equal(told.reason, 'bandwidth');
  assert.ok(told.state_hz < 20 && told.state_hz > 0, `${told.state_hz}`);
  const restored = await ben.nextOp('restored');
  assert.equal(restored.state_hz, 20);
});
