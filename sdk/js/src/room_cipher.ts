// Payloads of an encrypted room: what of them is sealed, and what the relay has to read.
// {"e2e": sealed} is a sealed payload; an edit's text is sealed by itself. Reactions, deletions and
// typing are not sealed, since the relay applies them: chat alone has them, and they say that only.
// Nothing else leaves or is handed on in plain text; sdk/cpp seals and refuses the same.
import type { RoomCipher } from "./cipher.js";
import { PerseidError } from "./errors.js";
import type { Json, Message } from "./messages.js";

type Object = { [key: string]: Json };

const kOpenKeys = ["react", "delete", "typing"];

const isObject = (value: Json | undefined): value is Object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The key of a chat payload that has no other. */
function loneKey(lane: string, payload: Json): string | undefined {
  const keys = lane === "chat" && isObject(payload) ? Object.keys(payload) : [];
  return keys.length === 1 ? keys[0] : undefined;
}

const isOpen = (lane: string, payload: Json) => kOpenKeys.includes(loneKey(lane, payload) ?? "");

function editOf(lane: string, payload: Json): (Object & { text: string }) | undefined {
  const edit = loneKey(lane, payload) === "edit" ? (payload as Object).edit : undefined;
  return isObject(edit) && typeof edit.text === "string" ? { ...edit, text: edit.text } : undefined;
}

const contextOf = (room: string, lane: string, sender: string) =>
  JSON.stringify([room, lane, sender]);

/** A payload's text as the relay sees it. */
export async function sealed(
  cipher: RoomCipher,
  room: string,
  lane: string,
  sender: string,
  plain: string,
): Promise<string> {
  const payload = JSON.parse(plain) as Json;
  if (isOpen(lane, payload)) return plain;
  const context = contextOf(room, lane, sender);
  const edit = editOf(lane, payload);
  if (!edit) return JSON.stringify({ e2e: await cipher.seal(plain, context) });
  const text = await cipher.seal(edit.text, context);
  return JSON.stringify({ edit: { ...edit, text } });
}

/** The message with its payload opened; rejects with `undecryptable`. */
export async function opened(
  cipher: RoomCipher,
  room: string,
  message: Message,
  isLive: boolean,
): Promise<Message> {
  const { payload, lane, sender } = message;
  if (message.deleted) return { ...message, payload: {} }; // Whatever stands there.
  if (isOpen(lane, payload) || sender === "relay") return message;
  if (!isObject(payload)) throw new PerseidError("undecryptable", "It is not encrypted.");
  const open = (text: Json | undefined) => {
    if (typeof text !== "string") throw new PerseidError("undecryptable", "It is not encrypted.");
    return cipher.open(text, contextOf(room, lane, sender), isLive);
  };
  const edit = editOf(lane, payload);
  if (edit) {
    const text = await open(edit.text);
    return { ...message, payload: { edit: { ...edit, text } }, encrypted: true };
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
