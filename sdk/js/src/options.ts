// Options of connect() and join(), with their defaults.
import type { BackoffOptions } from "./backoff.js";
import type { RoomCipher } from "./cipher.js";
import type { Flavour } from "./flavour.js";
import type { Json } from "./messages.js";
import type { OutboxLimits } from "./outbox.js";
import type { Signing } from "./signing.js";
import type { SocketConstructor } from "./socket.js";
import type { TimelineOptions } from "./time/timeline.js";

export type TokenSource = string | (() => string | Promise<string>);

export interface ConnectOptions {
  /** What others see. */
  name?: string;
  /**
   * Who this is, to a relay that asks: a signed token, or what fetches one. A function is asked for
   * each connection, and again before a token ends; so players stay in, however short tokens are.
   */
  token?: TokenSource;
  /** Up to 1024 bytes, as the application likes. */
  meta?: { [key: string]: Json };
  /** The secret of an earlier `client.session`, to go on with it (after a page was reloaded, say). */
  session?: string;
  /**
   * Signs all chat and actions: `ed25519Signer()` or `hmacSigner()` of perseid/secure. A relay that
   * does not take signatures is refused; nothing is ever sent without.
   */
  signing?: Signing;
  /** `json` if absent; `binary()` of perseid/state takes fewer bytes. */
  flavour?: Flavour;
  /** False: one connection, no second. */
  reconnect?: BackoffOptions | false;
  /** How much may wait to be sent; 1000 publishes, 1 MiB. */
  queue?: Partial<OutboxLimits>;
  /**
   * What becomes of publishes that were under way when the session was lost for good, where what
   * the room remembers does not tell whether they were delivered.
   */
  uncertain?: "resend" | "reject";
  /** How often to measure the latency; what the relay asks for if absent. */
  pingIntervalMs?: number;
  /** Where there is no global WebSocket, or not the one that is wanted. */
  WebSocket?: SocketConstructor;
}

export interface JoinOptions {
  /** Tell who comes and goes. */
  presence?: boolean;
  /** So many of the newest chat messages, as `chat` events with `old`. */
  history?: number;
  /** Where an earlier visit stopped reading, as `room.since` said it. */
  since?: { epoch: string; chat?: number; player_action?: number };
  /** What the room is to be if this makes it. */
  create?: { [key: string]: Json };
  /** Of a grid: what to see. */
  view?: { [key: string]: Json };
  /** End-to-end encryption: `roomCipher()` of perseid/secure. */
  encryption?: RoomCipher;
  /** How `room.state.at()` draws between ticks. */
  timeline?: TimelineOptions;
}
