// Players: one entity of the room's state for each page, `{id: {x, y, name}}` in a world of 1600 by 900.
// Sends this page's own at most 20 times a second and only when it changed; shows the others a little in the past, between the
// two positions that are known, so that they glide. What is drawn is drawn by painter.js.
import { hueOf, textOf, tidyName } from './dom.js';

export const kWorld = { width: 1600, height: 900 };
const kSendEveryMs = 50;
const kShownLateMs = 120;
const kSpeedPerSecond = 520;
const kSamplesMax = 8;
const kPulseMs = 900;

export class Players {
  me = { x: 0, y: 0, name: '' };
  pulses = [];

  #link;
  #room = null;
  #others = new Map(); // client id -> { name, samples: [{ at, x, y }] }
  #dirty = false;
  #sentAt = 0;
  #steer = { x: 0, y: 0 };
  #goal = null;

  constructor(link, name) {
    this.#link = link;
    this.me.name = name;
    this.#place();
  }

  enter(room) {
    this.#room = room;
    this.#others.clear();
    this.pulses.length = 0;
    room.addEventListener('state', ({ detail }) => this.#room === room && this.#takeState(detail));
    room.addEventListener(
      'action',
      ({ detail }) => this.#room === room && this.#takeAction(detail),
    );
    room.addEventListener('presence', () => this.#room === room && this.#tidy());
    room.addEventListener('fresh', () => this.#room === room && this.#others.clear());
  }

  // Puts this page's player (back) into the room.
  appear(name) {
    this.me.name = name;
    this.#send(performance.now());
  }

  disappear() {
    this.#room?.setState({ unset: [this.#link.client] });
  }

  // Direction of travel, each axis -1, 0 or 1; ends the way to a point.
  steer(x, y) {
    this.#steer = { x, y };
    if (x || y) this.#goal = null;
  }

  // A point to travel to.
  goTo(point) {
    this.#goal = point;
  }

  pulse() {
    this.#room?.act({ kind: 'pulse', x: Math.round(this.me.x), y: Math.round(this.me.y) });
  }

  // Moves this page's player and sends it if it is time.
  step(now, elapsedMs) {
    this.#move(Math.min(elapsedMs, 100) / 1000);
    this.pulses = this.pulses.filter(({ startedAt }) => now - startedAt < kPulseMs);
    if (this.#dirty && now - this.#sentAt >= kSendEveryMs) this.#send(now);
  }

  // Everyone as seen at `now`, this page's own last.
  seen(now) {
    const list = [...this.#others].map(([client, other]) => ({
      client,
      name: this.#room.nameOf(client, other.name),
      hue: hueOf(client),
      away: this.#room.people.get(client)?.away ?? false,
      ...at(other.samples, now - kShownLateMs),
    }));
    list.push({ client: this.#link.client, own: true, hue: hueOf(this.#link.client), ...this.me });
    return list;
  }

  progress(pulse, now) {
    return (now - pulse.startedAt) / kPulseMs;
  }

  #place() {
    this.me.x = kWorld.width * (0.2 + 0.6 * Math.random());
    this.me.y = kWorld.height * (0.2 + 0.6 * Math.random());
  }

  #move(seconds) {
    let { x, y } = this.#steer;
    if (this.#goal) {
      x = this.#goal.x - this.me.x;
      y = this.#goal.y - this.me.y;
    }
    const length = Math.hypot(x, y);
    if (length < 1e-3) return;
    const reach = kSpeedPerSecond * seconds;
    const step = this.#goal ? Math.min(reach, length) : reach;
    this.me.x = clamp(this.me.x + (x / length) * step, 0, kWorld.width);
    this.me.y = clamp(this.me.y + (y / length) * step, 0, kWorld.height);
    this.#dirty = true;
  }

  #send(now) {
    const fields = {
      x: Math.round(this.me.x),
      y: Math.round(this.me.y),
      name: this.me.name,
    };
    if (!this.#room?.setState({ set: { [this.#link.client]: fields } })) return;
    this.#dirty = false;
    this.#sentAt = now;
  }

  #takeState({ full, changed }) {
    const { entities } = this.#room;
    for (const client of this.#others.keys())
      if (!entities.has(client)) this.#others.delete(client);
    for (const client of changed) this.#takeEntity(client, entities.get(client));
    if (!entities.has(this.#link.client)) this.#dirty = true;
    if (full) this.#tidy();
  }

  #takeEntity(client, { x, y, name } = {}) {
    if (client === this.#link.client || !Number.isFinite(x) || !Number.isFinite(y)) return;
    const now = performance.now();
    const other = this.#others.get(client) ?? { samples: [] };
    const last = other.samples.at(-1);
    // After a rest it sets off from where it stood just now, not from when it came there.
    if (last && now - last.at > 2 * kSendEveryMs)
      other.samples.push({ ...last, at: now - kSendEveryMs });
    other.samples.push({ at: now, x: clamp(x, 0, kWorld.width), y: clamp(y, 0, kWorld.height) });
    other.samples.splice(0, other.samples.length - kSamplesMax);
    other.name = tidyName(textOf(name));
    this.#others.set(client, other);
  }

  #takeAction({ sender, payload }) {
    if (payload?.kind !== 'pulse' || !Number.isFinite(payload.x) || !Number.isFinite(payload.y))
      return;
    this.pulses.push({
      x: payload.x,
      y: payload.y,
      hue: hueOf(sender),
      startedAt: performance.now(),
    });
  }

  // A page that crashed could not remove its player. One of those who stayed does: the first by id, so that not all do.
  #tidy() {
    const { people, entities, complete } = this.#room;
    const awake = [...people]
      .filter(([, { away }]) => !away)
      .map(([client]) => client)
      .sort();
    if (!complete || awake[0] !== this.#link.client) return;
    const left = [...entities.keys()].filter((client) => !people.has(client));
    if (left.length) this.#room.setState({ unset: left });
  }
}

function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

// Where something was at a time, between its samples (oldest first).
function at(samples, time) {
  const later = samples.findIndex((sample) => sample.at > time);
  if (later === 0) return { x: samples[0].x, y: samples[0].y };
  if (later < 0) return { x: samples.at(-1).x, y: samples.at(-1).y };
  const [from, to] = [samples[later - 1], samples[later]];
  const part = (time - from.at) / (to.at - from.at);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
