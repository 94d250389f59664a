// Heartbeat: asks the relay for its clock now and then, and finds out when nothing comes any more.
import { Clock } from "./clock.js";

export interface HeartbeatHandlers {
  ping(): void;
  /** An answer is overdue (true), or one has come after all. */
  late(isLate: boolean): void;
  dead(): void;
}

const kBurst = 5;
const kBurstMs = 100;
const kSleptMs = 2000;

/** A time as the relay says it; `least` ms if it makes no sense: timers would run out at once. */
export const bearable = (ms: number, least: number) =>
  ms >= least ? Math.min(ms, 3_600_000) : least;

export class Heartbeat {
  readonly clock = new Clock();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sent = new Map<number, number>();
  #heard = 0;
  #dueAt = 0;
  #burst = 0;
  #isLate = false;
  #intervalMs = 5000;
  #timeoutMs = 30_000;

  constructor(private readonly handlers: HeartbeatHandlers) {}

  /** A connection is up. The first pings come close together, to know the clock soon. */
  start(intervalMs: number, timeoutMs: number): void {
    this.stop();
    this.#intervalMs = intervalMs;
    // Sooner than the relay would: whoever notices first can come back first.
    this.#timeoutMs = Math.min(timeoutMs, Math.max(2 * intervalMs + 1000, 3000));
    this.#burst = kBurst;
    this.#heard = this.#dueAt = performance.now();
    this.#beat();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#sent.clear();
    this.#setLate(false);
  }

  /** Anything at all came. */
  heard(): void {
    this.#heard = performance.now();
    if (this.#isLate) this.#setLate(false);
  }

  sent(id: number): void {
    this.#sent.set(id, performance.now());
  }

  /** True if this was the answer to one of the pings. */
  pong(id: unknown, relay: number): boolean {
    const sent = this.#sent.get(id as number);
    if (sent === undefined) return false;
    this.#sent.delete(id as number);
    this.clock.pong(sent, performance.now(), Date.now(), relay);
    return true;
  }

  #beat(): void {
    const now = performance.now();
    // A page in the background, a machine that slept: this side was not there to hear.
    if (now - this.#dueAt > kSleptMs) this.#heard = now;
    const silentMs = now - this.#heard;
    if (silentMs > this.#timeoutMs) return this.handlers.dead();
    const unanswered = this.#sent.size > 0 && silentMs > Math.min(this.#intervalMs, 2000);
    if (unanswered) this.#setLate(true);
    this.handlers.ping();
    this.#burst -= 1;
    const waitMs = this.#burst > 0 ? kBurstMs : this.#intervalMs;
    // While an answer is overdue, look more often: the end of it is to be noticed, too.
    const nextMs = unanswered ? Math.min(waitMs, 1000) : waitMs;
    this.#dueAt = now + nextMs;
    this.#timer = setTimeout(() => this.#beat(), nextMs);
  }

  #setLate(isLate: boolean): void {
    if (this.#isLate === isLate) return;
    this.#isLate = isLate;
    this.handlers.late(isLate);
  }
}
