// Signed payloads, as they come: what of them the sender has said, and what its client has added.
// Whether that is true, verify() of perseid/secure tells.
import type { Json, Message } from "./messages.js";
import { formIn } from "./signed_form.js";

/** Who claims to have signed a message, and what `verify()` of perseid/secure needs. */
export interface Signed {
  /** The public key, in base64url. Whose it is, you have to know. */
  key: string;
  /** Of the sender's session. */
  nonce: string;
  /** Its number among what that session has signed. */
  count: number;
  signature: string;
  /** The payload's text as it came. */
  raw: string;
  /** What was read of it: encrypted, if it came so. */
  payload: Json;
  /** Where it may have been said: a private message is signed for a client's id, or for a name. */
  places: string[];
}

export function unsign(message: Message, places: string[], raw = ""): void {
  const form = formIn(raw);
  const said = message.payload as Partial<Signed> | null;
  if (!form || said?.signature !== form.signature) return; // Whatever it looks like.
  const { signed, signature, ...payload } = said as { [key: string]: Json };
  message.payload = payload;
  if (!form.key || message.edited || message.deleted) return; // It is not what was signed.
  message.signed = { ...form, raw, payload, places } as Signed;
}
