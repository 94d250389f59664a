// Heartbeat: pings the relay every other second, for the latency to show and to notice when nothing comes back.

const kPingEveryMs = 2_000;

export class Heartbeat {
  pingMs = null; // The latest round trip; null: none yet

  #ask;
  #onBeat;
  #timer = 0;
  #askedAt = null; // When the oldest ping was sent after which nothing at all was heard

  // `ask()` sends a ping and resolves with its answer; `onBeat()` is called after every ping sent and every answer.
  constructor(ask, onBeat) {
    this.#ask = ask;
    this.#onBeat = onBeat;
  }

  start() {
    this.stop();
    this.#beat();
    this.#timer = setInterval(() => this.#beat(), kPingEveryMs);
  }

  stop() {
    clearInterval(this.#timer);
    this.pingMs = null;
    this.#askedAt = null;
  }

  heard() {
    this.#askedAt = null;
  }

  // For how long the relay owes an answer.
  get silentMs() {
    return this.#askedAt === null ? 0 : performance.now() - this.#askedAt;
  }

  async #beat() {
    const sentAt = performance.now();
    this.#askedAt ??= sentAt;
    this.#onBeat();
    try {
      await this.#ask();
      this.pingMs = performance.now() - sentAt;
      this.#onBeat();
    } catch {
      return; // The connection is gone; its close says more.
    }
  }
}
