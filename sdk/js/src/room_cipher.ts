// Payloads of an encrypted room: what of them is sealed, and what the relay has to read.
// {"e2e": sealed} is a sealed payload; an edit's text is sealed by itself; reactions, deletions and
// typing are not sealed, since the relay applies them.
import type { RoomCipher } from "./cipher.js";
import { PerseidError } from "./errors.js";
import type { Json, Message } from "./messages.js";

type Object = { [key: string]: Json };

const kOpenKeys = ["react", "delete", "typing"];

const isObject = (value: Json | undefined): value is Object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isOpen = (payload: Json) => isObject(payload) && kOpenKeys.some((key) => key in payload);

const contextOf = (room: string, lane: string, sender: string) =>
  JSON.stringify([room, lane, sender]);

/** The payload's text as the relay sees it. */
export async function sealed(
  cipher: RoomCipher,
  room: string,
  lane: string,
  sender: string,
  payload: Json,
): Promise<string> {
  if (isOpen(payload)) return JSON.stringify(payload);
  const context = contextOf(room, lane, sender);
  if (isObject(payload) && isObject(payload.edit)) {
    const text = await cipher.seal(String(payload.edit.text), context);
    return JSON.stringify({ edit: { ...payload.edit, text } });
  }
  return JSON.stringify({ e2e: await cipher.seal(JSON.stringify(payload), context) });
}

/** The message with its payload opened; rejects with `undecryptable`. */
export async function opened(
  cipher: RoomCipher,
  room: string,
  message: Message,
  isLive: boolean,
): Promise<Message> {
  const { payload, lane, sender } = message;
  if (isOpen(payload) || message.deleted || sender === "relay") return message;
  if (!isObject(payload)) throw new PerseidError("undecryptable", "It is not encrypted.");
  const open = (text: Json | undefined) => {
    if (typeof text !== "string") throw new PerseidError("undecryptable", "It is not encrypted.");
    return cipher.open(text, contextOf(room, lane, sender), isLive);
  };
  if (isObject(payload.edit)) {
    const edit = { ...payload.edit, text: await open(payload.edit.text) };
    return { ...message, payload: { edit }, encrypted: true };
  }
  let plain = parsed(await open(payload.e2e));
  // An edited message of the history: the new text stands beside what there was.
  if (message.edited) plain = { ...(isObject(plain) ? plain : {}), text: await open(payload.text) };
  return { ...message, payload: plain, encrypted: true };
}

// Who has the key may have sealed anything.
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new PerseidError("undecryptable", "What was sealed is not JSON.");
  }
}
