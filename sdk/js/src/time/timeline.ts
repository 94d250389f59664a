// Timeline: entities over time, so that they can be drawn between ticks. It may be used alone:
// feed it frame(), set() and remove(), and ask at(time()). Pure: every time is an argument, in ms.
import type { Fields, Json } from "../messages.js";
import { Playback, type PlaybackOptions } from "./playback.js";
import { valueAt, type Mode } from "./values.js";

export type { Mode } from "./values.js";

export interface TimelineOptions extends PlaybackOptions {
  /** Ticks a second; what the room says if absent, else measured. */
  hz?: number;
  /** How each field goes; numbers without a word here are `numbers`, all else is `step`. */
  fields?: { [field: string]: Mode };
  numbers?: Mode;
  /** How far an entity goes on beyond its last sample. */
  extrapolateMs?: number;
}

interface Entry {
  tick: number;
  /** Undefined: it was gone from here on. */
  fields: Fields | undefined;
  /** How many ticks lie between two of its states, if it moves. */
  every: number;
}

const kEntriesMax = 64;
const kHzDefault = 20;
const kExtrapolateMs = 250;
const kMeasureMs = 1500;

export class Timeline {
  readonly playback: Playback;
  #entities = new Map<string, Entry[]>();
  #hz: number;
  #isFixed: boolean;
  #sentHz: number | undefined; // Fewer than there are ticks, if the link does not keep up.
  #first: { tick: number; now: number } | undefined;
  #newest = 0;
  #modes: { [field: string]: Mode };

  constructor(private readonly options: TimelineOptions = {}) {
    this.playback = new Playback(options);
    this.#hz = options.hz ?? kHzDefault;
    this.#isFixed = options.hz !== undefined;
    this.#modes = { ...options.fields };
  }

  /** What a room says of its state. */
  configure(hz: number | undefined, schema: { [field: string]: Json } | undefined): void {
    this.clear();
    this.#sentHz = undefined;
    if (hz !== undefined && this.options.hz === undefined) {
      this.#hz = hz;
      this.#isFixed = true;
    }
    for (const [name, of] of Object.entries(schema ?? {})) {
      const type = typeof of === "string" ? of : (of as { type?: Json } | null)?.type;
      if (type === "quat") this.#modes[name] ??= "slerp";
      if (type === "int") this.#modes[name] ??= "step";
    }
  }

  /** From now on so many states a second are sent, of those that there are. */
  rate(sentHz: number): void {
    this.#sentHz = sentHz;
  }

  /** A frame of this tick came. */
  frame(tick: number, now: number): void {
    if (tick < this.#newest) {
      if (tick > this.#newest - 2 * this.#hz) return; // Of a cell that is behind.
      this.clear(); // Ticks begin anew.
    }
    this.#newest = tick;
    this.#measure(tick, now);
    this.playback.came(this.#timeOf(tick), now, this.intervalMs);
  }

  /** `every`: its state is sent each so many ticks (a grid's far cells). */
  set(entity: string, tick: number, fields: Fields, every = 1): void {
    const apart = every * this.#stride;
    const entries = this.#entities.get(entity) ?? [];
    const last = entries.at(-1);
    // Each tick's changes are told: so until the tick before this one it was as it was.
    if (last?.fields && tick - last.tick > 1.5 * apart) {
      entries.push({ tick: tick - apart, fields: last.fields, every });
    }
    if (last && last.tick >= tick) last.fields = fields;
    else entries.push({ tick, fields, every });
    if (entries.length > kEntriesMax) entries.splice(0, entries.length - kEntriesMax);
    this.#entities.set(entity, entries);
  }

  remove(entity: string, tick: number): void {
    const entries = this.#entities.get(entity);
    if (!entries) return;
    if (tick > (entries.at(-1)?.tick ?? 0)) entries.push({ tick, fields: undefined, every: 1 });
    else this.#entities.delete(entity);
  }

  /** The state's time that is to be shown at `now`. */
  time(now: number): number {
    return this.playback.time(now, this.intervalMs);
  }

  /** The state's time that is the present of who is `oneWayMs` from the relay: to extrapolate to. */
  present(now: number, oneWayMs: number): number {
    return this.playback.present(now, oneWayMs);
  }

  /** Every entity at that time. */
  at(time: number): Map<string, Fields> {
    const out = new Map<string, Fields>();
    const tick = (time * this.#hz) / 1000;
    for (const [name, entries] of this.#entities) {
      this.#prune(name, entries, tick);
      const fields = this.#fieldsAt(entries, tick);
      if (fields) out.set(name, fields);
    }
    return out;
  }

  get hz(): number {
    return this.#hz;
  }
  /** Between two states, as they are sent now. */
  get intervalMs(): number {
    return 1000 / Math.min(this.#hz, this.#sentHz ?? this.#hz);
  }

  clear(): void {
    this.#entities.clear();
    this.playback.clear();
    this.#newest = 0;
    this.#first = undefined;
  }

  get #stride(): number {
    return Math.max(1, Math.round(this.#hz / Math.min(this.#hz, this.#sentHz ?? this.#hz)));
  }

  #timeOf(tick: number): number {
    return (tick * 1000) / this.#hz;
  }

  // Where nobody says how fast ticks go, a second or two of them does.
  #measure(tick: number, now: number): void {
    if (this.#isFixed) return;
    this.#first ??= { tick, now };
    const passedMs = now - this.#first.now;
    if (passedMs < kMeasureMs) return;
    const measured = Math.round(((tick - this.#first.tick) * 1000) / passedMs);
    this.#first = { tick, now };
    if (measured < 1 || Math.abs(measured - this.#hz) <= 0.15 * this.#hz) return;
    this.#hz = measured;
    this.playback.clear();
  }

  // One sample before the one that is shown is kept, for the curve.
  #prune(name: string, entries: Entry[], tick: number): void {
    let keep = 0;
    while (keep + 3 < entries.length && entries[keep + 2]!.tick <= tick) ++keep;
    if (keep > 0) entries.splice(0, keep);
    const last = entries.at(-1);
    if (last && !last.fields && last.tick <= tick) this.#entities.delete(name);
  }

  #fieldsAt(entries: Entry[], tick: number): Fields | undefined {
    let i = entries.length - 1;
    while (i >= 0 && entries[i]!.tick > tick) --i;
    if (i < 0) return undefined; // It was not there yet.
    const { fields } = entries[i]!;
    if (!fields) return undefined;
    const next = entries[i + 1];
    if (next?.fields) return this.#between(entries, i, tick);
    return next ? fields : this.#beyond(entries, i, tick);
  }

  // Beyond its last sample an entity goes on as it went, for a while. If nothing comes then it has
  // rather stopped than moved on unseen: it goes back. One that others' frames show at rest stays.
  #beyond(entries: Entry[], i: number, tick: number): Fields {
    const { fields, every, tick: last } = entries[i]!;
    const isAtRest = this.#newest - last >= every * this.#stride;
    const most = ((this.options.extrapolateMs ?? kExtrapolateMs) * this.#hz) / 1000;
    const beyond = tick - last;
    if (isAtRest || !entries[i - 1]?.fields || beyond >= 2 * most) return fields!;
    return this.#between(entries, i - 1, last + Math.min(beyond, 2 * most - beyond));
  }

  #between(entries: Entry[], i: number, tick: number): Fields {
    const [before, from, to, after] = [i - 1, i, i + 1, i + 2].map((at) => entries[at]);
    if (from!.fields === to!.fields) return from!.fields!;
    const out: Fields = {};
    for (const [field, value] of Object.entries(from!.fields!)) {
      const next = to!.fields![field];
      if (next === undefined) {
        if (tick < to!.tick) out[field] = value;
        continue;
      }
      const mode = this.#modes[field] ?? (typeof value === "number" ? this.#numbers : "step");
      const sample = (entry: Entry | undefined) =>
        entry?.fields && field in entry.fields
          ? { time: entry.tick, value: entry.fields[field]! }
          : undefined;
      const span = { before: sample(before), after: sample(after) };
      const ends = { from: { time: from!.tick, value }, to: { time: to!.tick, value: next } };
      out[field] = valueAt(mode, { ...span, ...ends }, tick);
    }
    if (tick >= to!.tick) {
      for (const [field, value] of Object.entries(to!.fields!)) out[field] ??= value;
    }
    return out;
  }

  get #numbers(): Mode {
    return this.options.numbers ?? "hermite";
  }
}
