// A match seen through a bad link, in virtual time: what players really do, and when each tick's
// state comes. Seeded: the same in every run.
import type { Fields } from "../src/messages.js";
import { dice } from "./support.js";

export interface Link {
  latencyMs: number;
  jitterMs: number;
  /** A stall of so long, about every so often. */
  stallMs: number;
  stallEveryMs: number;
}

export interface Arrival {
  tick: number;
  now: number;
  /** Only who changed. */
  changed: Map<string, Fields>;
}

export const kHz = 20;
export const kBadLink = { latencyMs: 100, jitterMs: 30, stallMs: 300, stallEveryMs: 4000 };

export interface Truth {
  names: string[];
  /** Where an entity is, at a time in ms. */
  at(name: string, time: number): { x: number; y: number };
}

/** Walkers who run, turn and stop, at 100 units a second; positions each ms of `lengthMs`. */
export function match(count: number, lengthMs: number, seed: number): Truth {
  const roll = dice(seed);
  const paths = new Map<string, Float64Array>();
  for (let i = 0; i < count; ++i) {
    const path = new Float64Array(2 * (lengthMs + 1));
    let [x, y, heading, turn, speed] = [roll() * 500, roll() * 500, roll() * 6.28, 0, 100];
    for (let ms = 0; ms <= lengthMs; ++ms) {
      if (roll() < 1 / 700) turn = (roll() - 0.5) * 0.008; // radians a ms
      if (roll() < 1 / 1500) speed = roll() < 0.25 ? 0 : 60 + roll() * 80;
      heading += turn;
      x += (Math.cos(heading) * speed) / 1000;
      y += (Math.sin(heading) * speed) / 1000;
      path[2 * ms] = x;
      path[2 * ms + 1] = y;
    }
    paths.set(`e${i}`, path);
  }
  return {
    names: [...paths.keys()],
    at(name, time) {
      const path = paths.get(name)!;
      const ms = Math.max(0, Math.min(lengthMs, time));
      const [low, share] = [Math.floor(ms), ms % 1];
      const high = Math.min(lengthMs, low + 1);
      const between = (axis: number) =>
        path[2 * low + axis]! * (1 - share) + path[2 * high + axis]! * share;
      return { x: between(0), y: between(1) };
    },
  };
}

/** A room in which nothing changes counts no ticks: its state's time stands still meanwhile. */
export interface Rests {
  /** When state of this time is sent. */
  sentAt(time: number): number;
  /** The state's time that the relay is at. */
  timeAt(now: number): number;
  endMs: number;
}

/** After each second or two of play all rest for `leastMs` to `mostMs`. */
export function resting(lengthMs: number, leastMs: number, mostMs: number, seed: number): Rests {
  const roll = dice(seed);
  const list: { time: number; restedMs: number; ms: number }[] = [];
  let restedMs = 0;
  for (let time = 1000; time < lengthMs; time += 1000 + Math.floor(roll() * 20) * 50) {
    const ms = leastMs + roll() * (mostMs - leastMs);
    list.push({ time, restedMs, ms });
    restedMs += ms;
  }
  return {
    sentAt: (time) => list.reduce((now, rest) => (rest.time < time ? now + rest.ms : now), time),
    timeAt(now) {
      const last = list.filter((rest) => rest.time + rest.restedMs <= now).at(-1);
      return last ? Math.max(last.time, now - last.restedMs - last.ms) : now;
    },
    endMs: lengthMs + restedMs,
  };
}

const kNoRest: Pick<Rests, "sentAt"> = { sentAt: (time) => time };

/** When each tick comes. The wire is TCP: nothing overtakes, and a stall lets all out at once. */
export function arrivals(
  truth: Truth,
  lengthMs: number,
  link: Link,
  seed: number,
  rests = kNoRest,
): Arrival[] {
  const roll = dice(seed);
  const out: Arrival[] = [];
  const last = new Map<string, string>();
  let freeAt = 0;
  let nextStall = link.stallEveryMs;
  for (let tick = 1; (tick * 1000) / kHz <= lengthMs; ++tick) {
    const time = (tick * 1000) / kHz;
    const sent = rests.sentAt(time);
    const changed = new Map<string, Fields>();
    for (const name of truth.names) {
      const { x, y } = truth.at(name, time);
      const fields = { x: Math.round(x * 100) / 100, y: Math.round(y * 100) / 100 };
      const text = JSON.stringify(fields);
      if (last.get(name) === text) continue; // A delta tells what has changed, nothing else.
      last.set(name, text);
      changed.set(name, fields);
    }
    if (sent >= nextStall) {
      freeAt = Math.max(freeAt, sent + link.stallMs);
      nextStall += link.stallEveryMs * (0.5 + roll());
    }
    const wanted = sent + link.latencyMs + roll() * link.jitterMs;
    freeAt = Math.max(freeAt, wanted);
    if (changed.size > 0) out.push({ tick, now: freeAt, changed });
  }
  return out;
}

export interface Error {
  mean: number;
  p95: number;
}

export function errorOf(list: number[]): Error {
  const sorted = [...list].sort((a, b) => a - b);
  const mean = list.reduce((sum, each) => sum + each, 0) / list.length;
  return { mean, p95: sorted[Math.floor(sorted.length * 0.95)]! };
}
