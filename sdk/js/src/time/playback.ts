// Playback: when to show what. It follows the fastest way that frames took, and keeps as much
// behind it as the link's jitter asks for. Pure: every time is an argument, in ms.

export interface PlaybackOptions {
  /** A fixed delay behind the fastest frame; else it adapts. */
  delayMs?: number;
  /** The share of frames that are to be there in time. */
  share?: number;
  /** The adapted delay is never more. */
  delayMaxMs?: number;
}

const kWindowMs = 4000; // What jitter and the fastest way are judged by: clocks drift, and rooms rest.
const kFramesMax = 256;
// A frame that is so much too late was not held up: the room rested before it, and counted no ticks.
const kRestedMs = 1500;
const kSlew = 0.05; // The clock never runs more than this faster or slower.

export class Playback {
  #frames: { now: number; transit: number }[] = [];
  #base = Infinity;
  #lag: number | undefined; // Local time less what is played, as it is now.
  #at = 0;

  constructor(private readonly options: PlaybackOptions) {}

  /** A frame of the state's time came at `now`. */
  came(time: number, now: number): void {
    const transit = now - time;
    if (Math.abs(transit - this.#base) > kRestedMs) this.#frames = [];
    this.#frames.push({ now, transit });
    while (this.#frames.length > kFramesMax || this.#frames[0]!.now < now - kWindowMs) {
      this.#frames.shift();
    }
    this.#base = Math.min(...this.#frames.map((frame) => frame.transit));
  }

  /** What most frames are late by. */
  get jitterMs(): number {
    const sorted = this.#frames.map(({ transit }) => transit - this.#base).sort((a, b) => a - b);
    const share = this.options.share ?? 0.95;
    return sorted[Math.ceil(share * (sorted.length - 1))] ?? 0;
  }

  /** How far behind the fastest frame is played, if one comes every `intervalMs`. */
  delayMs(intervalMs: number): number {
    const { delayMs, delayMaxMs = 500 } = this.options;
    return delayMs ?? Math.min(delayMaxMs, intervalMs + this.jitterMs);
  }

  /** The state's time that is played at `now`. It moves on smoothly, and never back. */
  time(now: number, intervalMs: number): number {
    if (this.#base === Infinity) return 0;
    const wanted = this.#base + this.delayMs(intervalMs);
    if (this.#lag === undefined || Math.abs(wanted - this.#lag) > 1000) {
      this.#lag = wanted;
    } else {
      const most = kSlew * Math.max(0, now - this.#at);
      this.#lag += Math.max(-most, Math.min(most, wanted - this.#lag));
    }
    this.#at = now;
    return now - this.#lag;
  }

  /** The state's time that the relay is at about now, if the way there takes `oneWayMs`. */
  present(now: number, oneWayMs: number): number {
    return this.#base === Infinity ? 0 : now - this.#base + oneWayMs;
  }

  clear(): void {
    this.#frames = [];
    this.#base = Infinity;
    this.#lag = undefined;
  }
}
