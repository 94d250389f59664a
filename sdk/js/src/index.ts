/**
 * The client of the Perseid relay.
 *
 * ```ts
 * import { connect } from "perseid";
 *
 * const client = connect("ws://127.0.0.1:8080", { name: "ana" });
 * const room = await client.join("lobby", { presence: true, history: 50 });
 * room.on("chat", ({ sender, payload }) => console.log(sender, payload));
 * await room.chat("hello");
 * ```
 *
 * @packageDocumentation
 */
import { Client } from "./client.js";
import type { ConnectOptions } from "./options.js";

/** Connects to a relay, and stays so: at once, without waiting for the connection. */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client(url, options);
}

export { Client } from "./client.js";
export { Room, type SendOptions, type Who } from "./room.js";
export { RoomState } from "./room_state.js";
export { Timeline, type Mode, type TimelineOptions } from "./time/timeline.js";
export { PerseidError, type ErrorCode } from "./errors.js";
export { Emitter } from "./emitter.js";
export { Clock, type Latency } from "./clock.js";
export { json, type Flavour, type Frame, type Publish, type StateUpdate } from "./flavour.js";
export type { StateChanges, StateReader, StateStream } from "./state_reader.js";
export type { RelayErrorCode, ClientErrorCode } from "./errors.js";
export type { ClientEvents, LinkEvent, LinkState } from "./client_events.js";
export type { RoomEvents } from "./room_events.js";
export type { StateEvent } from "./state_cells.js";
export type { ConnectOptions, JoinOptions, TokenSource } from "./options.js";
export type { BackoffOptions } from "./backoff.js";
export type { OutboxLimits } from "./outbox.js";
export type { RoomCipher } from "./cipher.js";
export type { Signed } from "./signed.js";
export type { Signer, Signing, SigningTerms } from "./signing.js";
export type { SocketConstructor, SocketLike } from "./socket.js";
export type { LaneStats, Stats } from "./link_stats.js";
export type {
  Ack,
  ChatPayload,
  ClientStatus,
  Degraded,
  Fields,
  Gap,
  Incoming,
  Joined,
  Json,
  Lane,
  Member,
  Message,
  NumberedLane,
  Presence,
  Reaction,
  Receipt,
  ResumedRoom,
  RoomStateInfo,
  SeqPair,
  StateDelivery,
  SystemMessage,
  Welcome,
} from "./messages.js";
