// The binary flavour, perseid.bin.v1 (docs/protocol.md).
import { PerseidError } from "../errors.js";
import { incoming, type Flavour, type Publish } from "../flavour.js";
import type { Incoming, Json, RoomStateInfo, StateDelivery } from "../messages.js";
import { Bytes, Reading, textOf } from "./bytes.js";
import { codedUpdate } from "./coded_update.js";
import { StateDecoder } from "./decoder.js";
import { Schema } from "./schema.js";

export interface BinaryOptions {
  /**
   * Unpacks state that a relay with `--state-dictionary` sends: a zstd frame against the dictionary
   * of this hash. Without it such state is passed over.
   */
  unpack?: (packed: Uint8Array) => Uint8Array;
}

const kKinds = { chat: 1, player_action: 2, game_state: 3 };
const kCoded = 5;
const kNumber = 0x00;
const kName = 0x10;
const kClient = 0x20;
const kUser = 0x30;
const kIntegerId = 0x40;

const kPrivate = 0x10;
const kMarked = 0x20;
const kWhole = 0x10;
const kCell = 0x20;
const kPacked = 0x40;

const kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
const kEncoder = new TextEncoder();

/** Fewer bytes on the wire; state of rooms with a schema comes coded. */
export function binary(options: BinaryOptions = {}): Flavour {
  const schemas = new WeakMap<RoomStateInfo, Schema>();
  const schemaOf = (state: RoomStateInfo) => {
    let schema = schemas.get(state);
    if (!schema) schemas.set(state, (schema = new Schema(state.schema)));
    return schema;
  };
  return {
    subprotocol: "perseid.bin.v1",
    publish: (message) => publish(message, schemaOf),
    system(message) {
      const out = new Bytes();
      out.byte(4);
      out.string(JSON.stringify(message));
      return out.taken;
    },
    read: (data) => (typeof data === "string" ? undefined : read(new Uint8Array(data), options)),
    reader(state) {
      const schema = schemaOf(state);
      return { stream: () => new StateDecoder(schema) };
    },
  };
}

function publish(message: Publish, schemaOf: (state: RoomStateInfo) => Schema) {
  const { lane, room, number = -1, to, id, update, state, text } = message;
  const out = new Bytes();
  const isCoded = update !== undefined && state !== undefined;
  const isUser = to?.startsWith("@") ?? false;
  const target = to !== undefined ? (isUser ? kUser : kClient) : number >= 0 ? kNumber : kName;
  out.byte((isCoded ? kCoded : kKinds[lane]) | target | (id === undefined ? 0 : kIntegerId));
  if (id !== undefined) out.varint(id);
  if (target === kNumber) out.varint(number);
  else if (target === kName) out.string(room!);
  else if (target === kUser) out.string(to!.slice(1));
  else out.raw(clientBytes(to!));
  if (isCoded) out.sized(codedUpdate(schemaOf(state), update));
  else out.sized(kEncoder.encode(text));
  return out.taken;
}

function read(bytes: Uint8Array, options: BinaryOptions): Incoming | undefined {
  const head = bytes[0] ?? 0;
  const kind = head & 15;
  if (kind === 1 || kind === 2) return delivery(bytes, head, kind);
  if (kind === 3 || kind === kCoded) return state(bytes, head, kind, options);
  if (kind === 4) return system(textOf(bytes.subarray(1)));
  return undefined;
}

const system = (text: string) => incoming(JSON.parse(text), text);

function delivery(bytes: Uint8Array, head: number, kind: number): Incoming {
  const from = new Reading(bytes);
  from.at = 1;
  const lane = kind === 1 ? ("chat" as const) : ("player_action" as const);
  let target: { to: string } | { number: number; seq?: number };
  if (head & kPrivate) {
    target = { to: clientOf(from) };
  } else {
    const number = from.varint();
    const seq = from.varint();
    target = seq > 0 ? { number, seq } : { number };
  }
  const sender = clientOf(from);
  const timestamp = from.number(6);
  const marks = head & kMarked ? JSON.parse(textOf(from.take(from.varint()))) : {};
  const raw = textOf(from.rest);
  const payload = JSON.parse(raw) as Json;
  return { lane, ...target, sender, timestamp, ...marks, payload, raw };
}

function state(
  bytes: Uint8Array,
  head: number,
  kind: number,
  { unpack }: BinaryOptions,
): StateDelivery | undefined {
  const from = new Reading(bytes);
  from.at = 1;
  const number = from.varint();
  const tick = from.varint();
  const out: StateDelivery = { lane: "game_state", number, tick, full: (head & kWhole) !== 0 };
  if (head & kCell) {
    out.cell = [from.zigzag(), from.zigzag()];
    out.level = from.varint();
  }
  if (kind === kCoded) return { ...out, coded: from.rest };
  if (head & kPacked && !unpack) return undefined;
  const json = head & kPacked ? unpack!(from.rest) : from.rest;
  return { ...out, payload: JSON.parse(textOf(json)) };
}

// A client's id: "c" and 13 digits of Crockford's base32; 0 is the relay itself.
function clientOf(from: Reading): string {
  const low = BigInt(from.number(4));
  let value = (BigInt(from.number(4)) << 32n) | low;
  if (value === 0n) return "relay";
  let text = "";
  for (let i = 0; i < 13; ++i, value >>= 5n) text = kDigits[Number(value & 31n)] + text;
  return `c${text}`;
}

function clientBytes(id: string): Uint8Array {
  let value = 0n;
  for (const digit of id.slice(1)) {
    const at = kDigits.indexOf(digit);
    if (at < 0) throw new PerseidError("bad_value", `${id} is no client`, "to");
    value = (value << 5n) | BigInt(at);
  }
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return out;
}
