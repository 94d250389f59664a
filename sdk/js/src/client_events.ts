// What a client tells.
import type { Latency } from "./clock.js";
import type { PerseidError } from "./errors.js";
import type { Json, Message } from "./messages.js";

export type LinkState = "connecting" | "open" | "resuming" | "degraded" | "closed";

export interface LinkEvent {
  state: LinkState;
  /** Why: `bandwidth`, `heartbeat`, `closed`, `gave_up`, `goaway`, an error code, a close code. */
  reason?: string;
  /** The next attempt: its number, and when. */
  attempt?: number;
  retryInMs?: number;
  /** Back after a break: whether the session went on. */
  resumed?: boolean;
}

export interface ClientEvents {
  link: LinkEvent;
  /** A private message. */
  direct: Message;
  /** The token ends in so many ms, and there is no function to fetch another: `refresh()` it. */
  token_expiring: number;
  /** The relay speaks to all. */
  notice: { timestamp: number; payload: Json };
  /** A round trip was measured. */
  latency: Latency;
  /** How much waits to be sent: 0 (nothing) to 1 (the next publish is refused). */
  pressure: number;
  /** A refusal that answers no promise. */
  error: PerseidError;
}
