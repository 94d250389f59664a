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

const kWindowMs = 4000; // What jitter is judged by.
const kFastestMs = 1000; // And the fastest way: clocks drift, and rooms rest.
const kFramesMax = 256;
const kSlew = 0.05; // The clock never runs more than this faster or slower, but after a rest.
const kRestartMs = 1000; // Nobody is led there slowly.
const kBeginMs = 250; // What waited for this member has come by then.
const kDoubtMs = 250; // What was held up comes sooner after the first of it.
const kIntervalMs = 50;

interface Frame {
  now: number;
  transit: number;
  /** The least transit of this frame and of those of the next second, as far as they have come. */
  fastest: number;
}

/** A frame came so late that the room must have rested before it, if none catches up with it. */
interface Rest {
  now: number;
  /** What its transit would have been without jitter of its own. */
  transit: number;
  /** A frame this fast says that there was no rest: the link held them up. */
  refuted: number;
  /** As it was before. */
  lag: number | undefined;
}

export class Playback {
  #frames: Frame[] = [];
  #late: number[] = []; // By how much each was late; sorted.
  #base = Infinity;
  #lag: number | undefined; // Local time less what is played, as it is now.
  #at = 0;
  #rest: Rest | undefined;
  #jumps = false;
  #beganAt: number | undefined;

  constructor(private readonly options: PlaybackOptions) {}

  /** A frame of the state's time came at `now`, if one comes every `intervalMs`. */
  came(time: number, now: number, intervalMs = kIntervalMs): void {
    const transit = now - time;
    const late = this.#frames.length > 0 ? transit - this.#base : 0;
    const rest = this.#rest;
    if (rest && now < rest.now + kDoubtMs && transit < rest.refuted) this.#goOn(rest);
    else if (late > intervalMs + 2 * this.#lateness(0.5)) this.#rested(transit, now);
    else if (late < -kRestartMs) this.#frames = []; // Ticks were left out.
    this.#beganAt ??= now;
    if (now < this.#beganAt + kBeginMs) this.#begin(transit);
    this.#push(transit, now);
    while (this.#frames.length > kFramesMax || this.#frames[0]!.now < now - kWindowMs) {
      this.#frames.shift();
    }
    this.#measure(now);
  }

  // A whole state is a few ticks old, and what followed it comes at once: the link is not that late.
  #begin(transit: number): void {
    this.#frames = this.#frames.filter((frame) => frame.transit <= transit);
  }

  // A room in which nothing changes counts no ticks.
  #rested(transit: number, now: number): void {
    const refuted = (transit + this.#base) / 2;
    this.#rest = { now, transit: transit - this.#lateness(0.5), refuted, lag: this.#lag };
    this.#jumps = true;
  }

  // The wire is a stream: what it had held up comes all at once, as a rule before the next drawing.
  #goOn({ lag }: Rest): void {
    if (!this.#jumps) this.#lag = lag;
    this.#rest = undefined;
    this.#jumps = false;
  }

  // A frame is late by what any of the next second is faster: so no rest counts as lateness.
  #push(transit: number, now: number): void {
    const frames = this.#frames;
    for (let j = frames.length - 1; j >= 0 && frames[j]!.now >= now - kFastestMs; --j) {
      frames[j]!.fastest = Math.min(frames[j]!.fastest, transit);
    }
    frames.push({ now, transit, fastest: transit });
  }

  #measure(now: number): void {
    const frames = this.#frames;
    this.#late = frames.map(({ transit, fastest }) => transit - fastest).sort((a, b) => a - b);
    const rest = this.#rest && this.#rest.now > now - kFastestMs ? this.#rest : undefined;
    const from = rest?.now ?? now - kFastestMs;
    this.#base = rest?.transit ?? Infinity;
    for (let j = frames.length - 1; j >= 0 && frames[j]!.now >= from; --j) {
      this.#base = Math.min(this.#base, frames[j]!.transit);
    }
  }

  /** What most frames are late by. */
  get jitterMs(): number {
    return this.#lateness(this.options.share ?? 0.95);
  }

  #lateness(share: number): number {
    return this.#late[Math.ceil(share * (this.#late.length - 1))] ?? 0;
  }

  /** How far behind the fastest frame is played, if one comes every `intervalMs`. */
  delayMs(intervalMs: number): number {
    const { delayMs, delayMaxMs = 500 } = this.options;
    return delayMs ?? Math.min(delayMaxMs, intervalMs + this.jitterMs);
  }

  /** The state's time that is played at `now`. It moves on smoothly, and never back but after a rest. */
  time(now: number, intervalMs: number): number {
    if (this.#base === Infinity) return 0;
    const wanted = this.#base + this.delayMs(intervalMs);
    const lag = this.#lag ?? Infinity;
    const away = wanted - lag;
    const begins = this.#beganAt !== undefined && now < this.#beganAt + kBeginMs;
    if (Math.abs(away) > kRestartMs || begins || (this.#jumps && away > 0)) {
      this.#lag = wanted;
    } else {
      const most = kSlew * Math.max(0, now - this.#at);
      this.#lag = lag + Math.max(-most, Math.min(most, away));
    }
    this.#jumps = false;
    this.#at = now;
    return now - this.#lag;
  }

  /** The state's time that the relay is at about now, if the way there takes `oneWayMs`. */
  present(now: number, oneWayMs: number): number {
    return this.#base === Infinity ? 0 : now - this.#base + oneWayMs;
  }

  /** Another connection: goes on as it is until a frame comes, and judges by those from then on. */
  restart(): void {
    this.#frames = [];
    this.#rest = undefined;
    this.#beganAt = undefined;
  }

  clear(): void {
    this.restart();
    this.#late = [];
    this.#base = Infinity;
    this.#lag = undefined;
  }
}
