// Backoff: how long to wait before the next attempt. Exponential, so that many clients do not come
// back at once to a relay in trouble; jittered, so that they do not come back together.

export interface BackoffOptions {
  /** Attempts in a row before the client gives up; the relay's word if absent, else 5. */
  attempts?: number;
  /** The first delay, until the relay has said its own. */
  delayMs?: number;
  /** No delay is longer, but for what the relay asks for. */
  delayMaxMs?: number;
}

/** No relay may have a client wait for longer; and a timer of more than 24 days ends at once. */
const kFloorMsMax = 3_600_000;

const isDelay = (ms: unknown): ms is number => typeof ms === "number" && ms >= 0;

export class Backoff {
  #failed = 0;
  #floorMs = 0;
  #serverAttempts: number | undefined;
  #serverDelayMs: number | undefined;

  constructor(
    private readonly options: BackoffOptions,
    private readonly random: () => number,
  ) {}

  /** What a `welcome` says. */
  obey(attempts: number, delayMs: number): void {
    this.#serverAttempts = attempts;
    this.#serverDelayMs = isDelay(delayMs) ? Math.min(delayMs, kFloorMsMax) : undefined;
  }

  /** What a `goaway` or a refusal says of the next attempt alone. */
  atLeast(delayMs: number): void {
    if (isDelay(delayMs)) this.#floorMs = Math.max(this.#floorMs, Math.min(delayMs, kFloorMsMax));
  }

  succeeded(): void {
    this.#failed = 0;
    this.#floorMs = 0;
  }

  get attempts(): number {
    return this.options.attempts ?? this.#serverAttempts ?? 5;
  }

  get attempt(): number {
    return this.#failed;
  }

  /** The delay before the next attempt; undefined if there is to be none. */
  next(): number | undefined {
    if (this.#failed >= this.attempts) return undefined;
    const first = this.#serverDelayMs ?? this.options.delayMs ?? 1000;
    const most = this.options.delayMaxMs ?? 30_000;
    const full = Math.min(most, first * 2 ** Math.min(this.#failed, 30));
    this.#failed += 1;
    // Between half of it and all of it; a floor is spread upwards, never cut short.
    const jittered = full * (0.5 + this.random() / 2);
    const floor = this.#floorMs * (1 + this.random() / 2);
    this.#floorMs = 0;
    return Math.max(jittered, floor);
  }
}
