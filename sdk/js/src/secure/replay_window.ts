// ReplayWindow: which numbers of a counter have been seen. Bounded: what is older than the window
// counts as seen.

export class ReplayWindow {
  #newest = -1;
  #seen = new Set<number>();

  constructor(private readonly size = 1024) {}

  /** True the first time alone. */
  take(number: number): boolean {
    if (number <= this.#newest - this.size || this.#seen.has(number)) return false;
    this.#seen.add(number);
    if (number - this.#newest >= this.size) {
      this.#seen = new Set([number]);
      this.#newest = number;
    }
    while (this.#newest < number) this.#seen.delete(++this.#newest - this.size);
    return true;
  }
}
