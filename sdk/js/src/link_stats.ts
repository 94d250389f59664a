// LinkStats: what went over the link, lane by lane.
import type { Lane, NumberedLane } from "./messages.js";
import type { Latency } from "./clock.js";

export interface LaneStats {
  messagesIn: number;
  messagesOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Messages that were told to be lost (`gap`), or whose numbers are missing. */
  lost: number;
  /** Messages that came twice and were told once. */
  duplicates: number;
}

export interface Stats {
  lanes: Record<Lane, LaneStats>;
  latency: Latency;
  /** From the first sending of a publish to its `ack`. */
  ack: { p50Ms: number; p95Ms: number; p99Ms: number; count: number };
  /** Publishes that wait to be sent, and those that wait for their `ack`. */
  queued: number;
  inFlight: number;
  reconnects: number;
  resumes: number;
  keyframesAsked: number;
}

const kAcksMax = 512;

const lane = (): LaneStats => ({
  messagesIn: 0,
  messagesOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  lost: 0,
  duplicates: 0,
});

export class LinkStats {
  readonly lanes: Record<Lane, LaneStats> = {
    system: lane(),
    player_action: lane(),
    chat: lane(),
    game_state: lane(),
  };
  reconnects = 0;
  resumes = 0;
  keyframesAsked = 0;
  #acks: number[] = [];
  #ackCount = 0;

  came(of: Lane, data: string | ArrayBuffer): void {
    this.lanes[of].messagesIn += 1;
    this.lanes[of].bytesIn += bytesOf(data);
  }
  went(of: Lane, data: string | Uint8Array): void {
    this.lanes[of].messagesOut += 1;
    this.lanes[of].bytesOut += bytesOf(data);
  }
  lost(of: NumberedLane, count: number): void {
    this.lanes[of].lost += count;
  }
  acked(ms: number): void {
    this.#ackCount += 1;
    this.#acks.push(ms);
    if (this.#acks.length > kAcksMax) this.#acks.shift();
  }

  get ack(): Stats["ack"] {
    const sorted = [...this.#acks].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), count: this.#ackCount };
  }
}

export function bytesOf(data: string | ArrayBuffer | Uint8Array): number {
  if (typeof data !== "string") return data.byteLength;
  let bytes = data.length;
  for (let i = 0; i < data.length; ++i) {
    const unit = data.charCodeAt(i);
    // Each half of a surrogate pair makes two of its four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
