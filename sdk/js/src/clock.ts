// Clock: round trip, jitter and the relay's clock, from pings. Pure: every time is an argument.

/** The best of so many pings is believed: the one with the least queueing on its way. */
const kSamples = 16;
const kTripsMax = 256;

export interface Latency {
  /** Round trip in ms, smoothed. */
  rttMs: number;
  rttMinMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** How much it varies from one ping to the next, smoothed. */
  jitterMs: number;
  /** The relay's clock less this machine's. */
  offsetMs: number;
  pings: number;
}

export class Clock {
  #trips: number[] = [];
  #best: { rtt: number; offset: number }[] = [];
  #smoothed = 0;
  #jitter = 0;
  #count = 0;

  /** A ping's answer: sent and received by a steady clock, `wall` the Unix time when received. */
  pong(sent: number, received: number, wall: number, relay: number): void {
    const rtt = Math.max(0, received - sent);
    const last = this.#trips.at(-1);
    if (last === undefined) {
      this.#smoothed = rtt;
    } else {
      this.#smoothed += (rtt - this.#smoothed) / 8;
      this.#jitter += (Math.abs(rtt - last) - this.#jitter) / 8;
    }
    this.#count += 1;
    this.#trips.push(rtt);
    if (this.#trips.length > kTripsMax) this.#trips.shift();
    this.#best.push({ rtt, offset: relay - (wall - rtt / 2) });
    if (this.#best.length > kSamples) this.#best.shift();
  }

  get offsetMs(): number {
    let best = this.#best[0];
    for (const each of this.#best) if (each.rtt < best!.rtt) best = each;
    return best?.offset ?? 0;
  }

  get latency(): Latency {
    const sorted = [...this.#trips].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      rttMs: this.#smoothed,
      rttMinMs: at(0),
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
      jitterMs: this.#jitter,
      offsetMs: this.offsetMs,
      pings: this.#count,
    };
  }
}
