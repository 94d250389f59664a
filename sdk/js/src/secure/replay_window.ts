// ReplayWindow: which numbers of a counter have been seen. Bounded: what is older than the window
// counts as seen. A bit for each number of it.

export class ReplayWindow {
  #newest = -1;
  #seen: Uint32Array;

  constructor(private readonly size = 1024) {
    this.#seen = new Uint32Array(Math.ceil(size / 32));
  }

  /** True the first time alone. */
  take(number: number): boolean {
    if (number <= this.#newest - this.size) return false;
    this.#goTo(number);
    const [word, bit] = this.#at(number);
    const isNew = (this.#seen[word]! & bit) === 0;
    this.#seen[word]! |= bit;
    return isNew;
  }

  #goTo(number: number): void {
    if (number - this.#newest >= this.size) {
      this.#seen.fill(0);
      this.#newest = number;
    }
    while (this.#newest < number) {
      const [word, bit] = this.#at(++this.#newest);
      this.#seen[word]! &= ~bit;
    }
  }

  #at(number: number): [word: number, bit: number] {
    const at = number % this.size;
    return [at >>> 5, 1 << (at & 31)];
  }
}
