// LaneCount: how far this member has read one lane of one room, so that nothing is told twice and
// what is missing is known.

export type Arrival = "live" | "old" | "duplicate";

export class LaneCount {
  /** The newest number seen: what `since` says. */
  seen = 0;
  #joinedAt = 0;
  #old = 0;

  /** A join that is not continued: what comes up to `newest` is history. */
  startAt(newest: number): void {
    this.seen = newest;
    this.#joinedAt = newest;
    this.#old = 0;
  }

  /** A join or a resumption that goes on behind `seen`: what comes is new. */
  goOn(): void {
    this.#joinedAt = 0;
  }

  /** What a delivery is, and how many before it are missing. */
  take(seq: number): { arrival: Arrival; missing: number } {
    if (seq > this.seen) {
      const missing = seq - this.seen - 1;
      this.seen = seq;
      return { arrival: "live", missing };
    }
    const isOld = seq <= this.#joinedAt && seq > this.#old;
    if (isOld) this.#old = seq;
    return { arrival: isOld ? "old" : "duplicate", missing: 0 };
  }

  /** The relay says that these will not come; how many that this member lacks. */
  skip(from: number, to: number): number {
    const lost = Math.max(0, to - Math.max(this.seen, from - 1));
    this.seen = Math.max(this.seen, to);
    return lost;
  }
}
