// Flavour: how messages are written and read. JSON is here; the binary one is perseid/state.
import type { Incoming, Json, Lane, Message, RoomStateInfo, StateDelivery } from "./messages.js";
import { payloadIn } from "./signed_form.js";
import type { StateReader } from "./state_reader.js";

/** What a client publishes; `text` is the payload's JSON. */
export interface Publish {
  lane: Exclude<Lane, "system">;
  room?: string;
  /** The room's number on this connection, where the flavour wants it. */
  number?: number;
  to?: string;
  id?: number;
  text: string;
  /** A state update that a flavour may code by the room's schema instead of `text`. */
  update?: StateUpdate;
  state?: RoomStateInfo;
}

export interface StateUpdate {
  set?: { [entity: string]: { [field: string]: Json } };
  unset?: string[];
}

/** A message ready for the socket. */
export type Frame = string | Uint8Array<ArrayBuffer>;

export interface Flavour {
  readonly subprotocol: string;
  publish(message: Publish): Frame;
  system(message: object): Frame;
  /** Undefined for what this client does not know. */
  read(data: string | ArrayBuffer): Incoming | undefined;
  /** A reader of the room's coded state, or undefined where state comes as JSON. */
  reader?(state: RoomStateInfo): StateReader;
}

interface Wire {
  type: string;
  [field: string]: unknown;
}

export const json: Flavour = {
  subprotocol: "perseid.json.v1",

  publish({ lane, room, to, id, text }) {
    const target = room === undefined ? `"to":${JSON.stringify(to)}` : `"room":${JSON.stringify(room)}`;
    const tail = id === undefined ? "" : `,"id":${id}`;
    return `{"type":"${lane}",${target},"payload":${text}${tail}}`;
  },

  system: (message) => JSON.stringify(message),

  read(data) {
    if (typeof data !== "string") return undefined;
    return incoming(JSON.parse(data) as Wire, data);
  },
};

/** A parsed message, by its lane, with its text where that may be signed. */
export function incoming(wire: Wire, text: string): Incoming | undefined {
  const { type, lane, ...rest } = wire;
  if (type === "game_state") {
    return { ...rest, lane: type, full: wire.full === true } as StateDelivery;
  }
  if (type !== "chat" && type !== "player_action" && type !== "system") return undefined;
  const message = { ...rest, lane: type } as unknown as Message & { raw?: string; of?: unknown };
  if (type !== "system") message.raw = payloadIn(text);
  else if (wire.op === "history") message.raw = text;
  // A `gap` has a lane of its own: that of what is missing.
  else if (lane !== undefined) message.of = lane;
  return message;
}
