// The arena's authority: a member of the room that applies everybody's inputs and sets the state.
// A few players are its own, so that nobody is alone.
import { connect } from '../../js/dist/esm/node/index.js';
import { binary } from '../../js/dist/esm/state/index.js';
import {
  inputOf, isFree, kept, kHeight, kRadius, kSchema, kShotSpeed, kStepMs, kWidth, step,
} from './rules.js';

const kRoom = 'arena';
const kHz = 20;
const kBots = ['Vega', 'Mira', 'Algol', 'Capella'];
const kShotMs = 1400;
const kReloadMs = 280;
const kDamage = 20;
const kInputsAhead = 90; // Inputs that a client may be in advance: a second and a half.

export async function startAuthority(url) {
  const client = connect(url, { name: 'authority', flavour: binary(), reconnect: { attempts: 1e6 } });
  const create = { state_hz: kHz, schema: kSchema };
  const room = await client.join(kRoom, { create, presence: true });
  const arena = new Arena(room);
  room.on('action', ({ sender, payload }) => arena.heard(sender, payload));
  room.on('presence', ({ event, client: id }) => event === 'leave' && arena.left(id));
  const timers = [
    setInterval(() => arena.advance(), kStepMs),
    setInterval(() => arena.publish(), 1000 / kHz),
  ];
  return () => {
    timers.forEach(clearInterval);
    client.close();
  };
}

// As much of a name as the schema takes, and not a part of a character.
function fitting(name) {
  const most = kSchema.name.max_bytes;
  let fits = '';
  for (const character of name.slice(0, most)) {
    if (Buffer.byteLength(fits + character) > most) break;
    fits += character;
  }
  return fits;
}

class Arena {
  #players = new Map(); // By client id, or by name for bots.
  #shots = new Map();
  #published = new Map();
  #nextShot = 1;
  #last = performance.now();
  #allowance = 0;

  constructor(room) {
    this.room = room;
    kBots.forEach((name) => this.#enter(name, name, { turn: 0, way: Math.random() * 6 }));
  }

  // { enter: name } first, then { inputs: [[seq, ...input], ...] }.
  heard(id, payload) {
    if (typeof payload?.enter === 'string') this.#enter(id, fitting(payload.enter));
    const player = this.#players.get(id);
    if (!player || !Array.isArray(payload?.inputs)) return;
    for (const [seq, ...input] of payload.inputs) {
      if (!(seq > player.seq) || player.queue.length >= kInputsAhead) continue;
      if (input.length === 4 && input.every(Number.isFinite)) {
        player.queue.push([seq, inputOf(...input)]);
      }
    }
  }

  left(id) {
    if (this.#players.delete(id)) this.room.state.unset(id);
    this.#published.delete(id);
  }

  // As many steps as time has passed: an input takes a step, so nobody runs faster than others.
  advance() {
    const now = performance.now();
    this.#allowance = Math.min(this.#allowance + (now - this.#last) / kStepMs, 10);
    this.#last = now;
    for (; this.#allowance >= 1; --this.#allowance) this.#step(now);
  }

  publish() {
    for (const [id, player] of this.#players) {
      const { x, y, aim, hp, score, seq, hue, name } = player;
      this.#set(id, { kind: 'player', x, y, aim, hp, score, seq, hue, name });
    }
    for (const [id, { x, y, aim, hue }] of this.#shots) {
      this.#set(id, { kind: 'shot', x, y, aim, hue });
    }
  }

  #set(id, fields) {
    const text = JSON.stringify(fields);
    if (this.#published.get(id) === text) return;
    this.#published.set(id, text);
    this.room.state.set(id, fields);
  }

  #enter(id, name, bot) {
    if (this.#players.has(id)) return;
    const hue = (this.#players.size * 67) % 360;
    const place = this.#place();
    const player = { name, hue, ...place, aim: 0, hp: 100, score: 0, seq: 0, queue: [], bot };
    this.#players.set(id, { ...player, credit: 0, loadedAt: 0 });
  }

  #place() {
    for (;;) {
      const [x, y] = [Math.random() * kWidth, Math.random() * kHeight];
      if (isFree(x, y, 2 * kRadius)) return kept({ x, y });
    }
  }

  #step(now) {
    for (const player of this.#players.values()) {
      if (player.bot) player.queue.push([player.seq + 1, this.#botInput(player)]);
      player.credit = Math.min(player.credit + 1, 20);
      // Late inputs come in bunches: they are made up for, but not faster than they were made.
      while (player.credit >= 1 && player.queue.length > 0) {
        const [seq, input] = player.queue.shift();
        Object.assign(player, step(player, input), { seq });
        player.credit -= 1;
        if (input[3]) this.#fire(player, now);
      }
    }
    this.#pushApart();
    this.#moveShots(now);
  }

  #botInput(bot) {
    if (Math.random() < 0.02) bot.bot.turn = (Math.random() - 0.5) * 0.08;
    bot.bot.way += bot.bot.turn;
    const [x, y] = [Math.cos(bot.bot.way), Math.sin(bot.bot.way)];
    if (!isFree(bot.x + x * 30, bot.y + y * 30, kRadius)) bot.bot.way += 0.3;
    const aim = Math.atan2(Math.sin(bot.bot.way), Math.cos(bot.bot.way));
    return inputOf(x * 0.7, y * 0.7, aim, Math.random() < 0.012);
  }

  #fire(player, now) {
    if (now < player.loadedAt) return;
    player.loadedAt = now + kReloadMs;
    const { x, y, aim, hue } = player;
    const ahead = kRadius + 6;
    const from = { x: x + Math.cos(aim) * ahead, y: y + Math.sin(aim) * ahead };
    this.#shots.set(`shot ${this.#nextShot++}`, { ...from, aim, hue, player, until: now + kShotMs });
  }

  #moveShots(now) {
    const distance = (kShotSpeed * kStepMs) / 1000;
    for (const [id, shot] of this.#shots) {
      shot.x += Math.cos(shot.aim) * distance;
      shot.y += Math.sin(shot.aim) * distance;
      const hit = [...this.#players.values()].find(
        (each) => each !== shot.player && Math.hypot(each.x - shot.x, each.y - shot.y) < kRadius,
      );
      if (hit) this.#hit(hit, shot.player);
      if (hit || now > shot.until || !isFree(shot.x, shot.y, 0.1)) {
        this.#shots.delete(id);
        this.#published.delete(id);
        this.room.state.unset(id);
      }
    }
  }

  #hit(player, by) {
    player.hp -= kDamage;
    if (player.hp > 0) return;
    by.score += 1;
    Object.assign(player, this.#place(), { hp: 100 });
  }

  #pushApart() {
    const players = [...this.#players.values()];
    for (const [i, a] of players.entries()) {
      for (const b of players.slice(i + 1)) {
        const [dx, dy] = [b.x - a.x, b.y - a.y];
        const apart = Math.hypot(dx, dy) || 1;
        if (apart >= 2 * kRadius) continue;
        const push = (2 * kRadius - apart) / 2 / apart;
        Object.assign(a, kept({ x: a.x - dx * push, y: a.y - dy * push }));
        Object.assign(b, kept({ x: b.x + dx * push, y: b.y + dy * push }));
      }
    }
  }
}
