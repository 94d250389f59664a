// What travels, as types: the messages of docs/protocol.md and the events made of them.
import type { Signed } from "./signed.js";
import type { SigningTerms } from "./signing.js";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The fields of one entity of a room's state. */
export type Fields = { [name: string]: Json };

export type NumberedLane = "chat" | "player_action";
export type Lane = NumberedLane | "game_state" | "system";

export interface Member {
  client: string;
  name: string;
  /** Its connection is gone for the moment; it may come back. */
  dropped?: boolean;
}

export interface ClientStatus extends Member {
  status: "connected" | "quiet" | "dropped";
  last_seen: number;
  connection_type: string;
}

export interface Reaction {
  emoji: string;
  count: number;
  mine?: boolean;
}

/** A delivery of `chat` or `player_action`. */
export interface Message<Payload = Json> {
  lane: NumberedLane;
  room?: string;
  /** Its number in its lane of its room; none for what passes by and for private messages. */
  seq?: number;
  sender: string;
  /** Unix time in ms, by the relay's clock. */
  timestamp: number;
  payload: Payload;
  /** A private message's recipient. */
  to?: string;
  edited?: boolean;
  edited_timestamp?: number;
  deleted?: boolean;
  reactions?: Reaction[];
  /** True if it came with `history` of a join, older than the join itself. */
  old?: boolean;
  /** True if it came encrypted and was opened. */
  encrypted?: boolean;
  /** Of a history: why it could not be opened. Its payload is null then. */
  undecryptable?: string;
  /** Who signed it, if somebody did: `verify()` of perseid/secure tells whether that is true. */
  signed?: Signed;
}

/** A chat payload whose keys the relay knows. Any other JSON may be sent as well. */
export interface ChatPayload {
  text?: string;
  emoji?: string;
  react?: { seq: number; emoji: string; remove?: boolean };
  edit?: { seq: number; text: string };
  delete?: { seq: number };
  typing?: boolean;
  [key: string]: unknown;
}

export interface Ack {
  /** None for private messages, and for changes that changed nothing. */
  seq?: number;
  timestamp: number;
}

export interface Presence {
  event: "join" | "leave" | "drop" | "resume" | "roster";
  client: string;
  name: string;
}

export interface Gap {
  lane: NumberedLane;
  from: number;
  to: number;
}

export interface Degraded {
  reason: string;
  state_hz: number;
}

export interface Receipt {
  client: string;
  name: string;
  seq: number;
}

/** What a room with a schema says of its state in `joined`. */
export interface RoomStateInfo {
  hz: number;
  schema: { [field: string]: Json };
  checksum_every?: number;
  ownership?: string;
  grid?: { [key: string]: Json };
}

export interface SeqPair {
  chat: number;
  player_action: number;
}

export interface Joined {
  room: string;
  room_number: number;
  epoch: string;
  seq: SeqPair;
  recovered?: boolean;
  state?: RoomStateInfo;
  dictionary?: string;
  read?: number;
  unread?: number;
  slow_mode_ms?: number;
  members_total?: number;
  members?: Member[];
}

export interface Welcome {
  client: string;
  session: string;
  resumed: boolean;
  heartbeat_interval_ms: number;
  timeout_ms: number;
  reconnect_attempts: number;
  reconnect_delay_ms: number;
  resume_window_ms?: number;
  timestamp: number;
  signing?: SigningTerms;
  rooms?: ResumedRoom[];
}

export interface ResumedRoom {
  room: string;
  room_number: number;
  epoch: string;
  seq: SeqPair;
  recovered?: boolean;
}

/** A state delivery, before it is applied. */
export interface StateDelivery {
  lane: "game_state";
  room?: string;
  number?: number;
  tick: number;
  full: boolean;
  cell?: [number, number];
  level?: number;
  payload?: { set?: { [entity: string]: Fields }; unset?: string[] };
  coded?: Uint8Array;
}

export interface SystemMessage {
  lane: "system";
  op: string;
  id?: number | string;
  room?: string;
  [field: string]: unknown;
}

export type Incoming =
  | (Message & { number?: number; bytes?: number; raw?: string })
  | StateDelivery
  | SystemMessage;
