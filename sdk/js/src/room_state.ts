// RoomState: a room's entities, as they are and between ticks, and this client's changes to them.
import { PerseidError } from "./errors.js";
import type { StateUpdate } from "./flavour.js";
import type { Ack, Fields, Json, RoomStateInfo, StateDelivery } from "./messages.js";
import { StateCells, type StateEvent } from "./state_cells.js";
import type { StateReader } from "./state_reader.js";
import { Timeline, type TimelineOptions } from "./time/timeline.js";

export interface StateLink {
  /** With an answer (`ack`), or without one. */
  publish(update: StateUpdate, wantsAck: boolean): Promise<Ack> | undefined;
  isReady(): boolean;
  /** Throws where the room takes no state. */
  check(): void;
  askKeyframe(): void;
  told(event: StateEvent): void;
}

const kPendingMax = 10_000;

export class RoomState {
  /** @internal */
  timeline: Timeline;
  #cells = new StateCells(undefined);
  #set = new Map<string, { [field: string]: Json }>();
  #unset = new Set<string>();
  #scheduled = false;
  #asked = false;
  #tick = 0;
  #farEvery = 1;

  /** @internal */
  constructor(
    private readonly link: StateLink,
    timeline: TimelineOptions,
  ) {
    this.timeline = new Timeline(timeline);
  }

  /** Every entity that is seen, with its newest fields. */
  get entities(): ReadonlyMap<string, Readonly<Fields>> {
    return this.#cells.seen;
  }

  get(entity: string): Readonly<Fields> | undefined {
    return this.#cells.seen.get(entity);
  }

  get tick(): number {
    return this.#tick;
  }

  /**
   * Every entity as it was at a time of the state's own clock, between two ticks; by default at the
   * time that is played now, which lags as little as the link's jitter allows.
   */
  at(time: number = this.time()): Map<string, Fields> {
    return this.timeline.at(time);
  }

  /** The time of the state's own clock, in ms, that is played now. */
  time(now: number = performance.now()): number {
    return this.timeline.time(now);
  }

  /** How far at() lags behind the fastest frame, as the link's jitter asks for now. */
  get delayMs(): number {
    return this.timeline.playback.delayMs(this.timeline.intervalMs);
  }

  /**
   * The state's time that is the relay's present, if the way from it takes `oneWayMs` (half of
   * `client.latency.rttMs`): at() then carries entities on to where they should be by now.
   */
  present(oneWayMs: number, now: number = performance.now()): number {
    return this.timeline.present(now, oneWayMs);
  }

  /**
   * Changes fields of an entity; `null` removes one. What is set in one go leaves as one message;
   * what is set while the link is down leaves merged, the newest values only.
   */
  set(entity: string, fields: { [field: string]: Json }): void {
    this.link.check();
    if (this.#unset.has(entity)) this.#leave(false); // Its removal goes first.
    const pending = this.#set.get(entity);
    if (!pending && this.#set.size >= kPendingMax) throw new PerseidError("queue_full");
    this.#set.set(entity, { ...pending, ...fields });
    this.#schedule();
  }

  /** Removes an entity. */
  unset(entity: string): void {
    this.link.check();
    this.#set.delete(entity);
    if (this.#unset.size >= kPendingMax) throw new PerseidError("queue_full");
    this.#unset.add(entity);
    this.#schedule();
  }

  /** Sends what was set now; resolves when the relay has taken it. */
  async flush(): Promise<Ack | undefined> {
    return this.#leave(true);
  }

  /** @internal A connection is there for what waits. */
  pump(): void {
    if (this.#set.size + this.#unset.size > 0 && this.link.isReady()) void this.#leave(false);
  }

  /** @internal */
  joined(info: RoomStateInfo | undefined, reader: StateReader | undefined): void {
    const seen = this.#cells.seen;
    this.#cells = new StateCells(reader);
    for (const [entity, fields] of seen) this.#cells.seen.set(entity, fields);
    this.timeline.configure(info?.hz, info?.schema);
    this.#asked = false;
    this.#farEvery = Number(info?.grid?.far_divisor ?? 1);
  }

  /** @internal */
  resumed(): void {
    this.#cells.forgetCells();
    this.timeline.playback.restart(); // What was missed comes at once, and is no jitter.
    this.#asked = false;
  }

  /** @internal */
  apply(delivery: StateDelivery, now: number): void {
    const event = this.#cells.apply(delivery);
    if (!event) {
      if (!this.#asked || delivery.full) this.link.askKeyframe();
      this.#asked = true;
      return;
    }
    if (delivery.full) this.#asked = false;
    // After a break entities may have gone unseen: the first whole state of no cell tells.
    if (delivery.full && !delivery.cell) event.removed.push(...this.#cells.sweep());
    this.#tick = Math.max(this.#tick, delivery.tick);
    this.#draw(event, now, delivery.level ? this.#farEvery : 1);
    this.link.told(event);
  }

  #draw(event: StateEvent, now: number, every: number): void {
    const { tick } = event;
    if (tick > 0) this.timeline.frame(tick, now);
    for (const name of event.changed) {
      this.timeline.set(name, tick, this.#cells.seen.get(name)!, every);
    }
    for (const name of event.removed) this.timeline.remove(name, tick);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.pump();
    });
  }

  #leave(wantsAck: boolean): Promise<Ack> | undefined {
    if (this.#set.size + this.#unset.size === 0) return undefined;
    const update: StateUpdate = {};
    if (this.#set.size > 0) update.set = Object.fromEntries(this.#set);
    if (this.#unset.size > 0) update.unset = [...this.#unset];
    this.#set.clear();
    this.#unset.clear();
    return this.link.publish(update, wantsAck);
  }
}
