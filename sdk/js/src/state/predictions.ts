// Predictions of a part from the frames before (docs/state-coding.md, "A magnitude"). One object
// is filled anew for each part: a row makes no garbage.
import { kClasses, kPredictors } from "./learnt.js";

const kTogether = 3;

/** 0, or the bit width, capped. */
export function classOf(magnitude: number): number {
  const width = magnitude >= 65536 ? kClasses - 1 : 32 - Math.clz32(magnitude);
  return width < kClasses ? width : kClasses - 1;
}

export class Predictions {
  readonly values = new Float64Array(kPredictors);
  best = 0;
  speedClass = 0;
  way = 0;
  doubt = 0;
  lean = 0;
  linear = 0;
  /** Whether `strayed` learns from it. */
  follows = false;

  /** Every prediction the same, and no knowledge of how it moves. */
  alike(value: number, speedClass: number): void {
    this.values.fill(value);
    this.best = this.way = this.lean = 0;
    this.speedClass = this.doubt = speedClass;
    this.follows = false;
  }

  /**
   * `at`: the base's value in `history`. `steady`: how many frames before it belong together;
   * `strayed`: what the entities before it in this frame have strayed from the linear prediction.
   */
  fromHistory(
    history: Int32Array,
    at: number,
    distance: number,
    max: number,
    steady: number,
    strayed: number,
  ): void {
    const base = history[at]!;
    const last = history[at + 1]!;
    const speed = steady >= 1 ? base - last : 0;
    const bend = steady >= 2 ? speed - (last - history[at + 2]!) : 0;
    const linear = base + speed * distance;
    let smoothed = linear;
    if (steady >= 4) {
      const now = base - history[at + 2]!;
      const change = now - (history[at + 2]! - history[at + 4]!);
      smoothed =
        base + Math.trunc(((now * 4 + change) * distance + change * distance * distance) / 8);
    }
    const { values } = this;
    values[0] = base;
    values[1] = bounded(linear, max);
    values[2] = bounded(linear + bend * ((distance * (distance + 1)) / 2), max);
    values[3] = bounded(linear + strayed, max);
    values[4] = bounded(smoothed, max);
    this.linear = linear;
    this.speedClass = classOf(Math.abs(speed));
    this.way = speed === 0 ? 0 : speed < 0 ? 1 : 2;
    this.follows = true;
  }

  withTurn(turned: number): void {
    this.values[kTogether] = turned;
    this.follows = false;
  }

  /** The errors of this slot's part so far begin at `at`. */
  choose(memory: Int32Array, at: number): void {
    let best = 0;
    for (let i = 1; i < kPredictors; ++i) if (memory[at + i]! < memory[at + best]!) best = i;
    let second = best === 0 ? 1 : 0;
    for (let i = 0; i < kPredictors; ++i) {
      if (i !== best && memory[at + i]! < memory[at + second]!) second = i;
    }
    const apart = this.values[second]! - this.values[best]!;
    this.best = best;
    this.doubt = classOf(Math.abs(apart));
    this.lean = apart === 0 ? 0 : apart < 0 ? 1 : 2;
  }

  /** What the value turned out to be. */
  note(value: number, memory: Int32Array, at: number): void {
    for (let i = 0; i < kPredictors; ++i) {
      const off = Math.abs(value - this.values[i]!);
      const error = memory[at + i]!;
      memory[at + i] = error + (off < 4095 ? off : 4095) * 4 - (error >> 2);
    }
  }
}

const bounded = (value: number, max: number) => (value < 0 ? 0 : value > max ? max : value);
