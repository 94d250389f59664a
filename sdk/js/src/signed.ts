// Signed payloads, as they come: what of them the sender has said, and what its client has added.
// Whether that is in the form of docs/protocol.md and true, verify() of perseid/secure tells.
import type { Json, Message } from "./messages.js";

/** Who claims to have signed a message, and what `verify()` of perseid/secure needs. */
export interface Signed {
  /** The public key, in base64url. Whose it is, you have to know. */
  key: string;
  /** Of the sender's session. */
  nonce: string;
  /** Its number among what that session has signed. */
  count: number;
  signature: string;
  /** The payload as it came: its text, or that of the history which it is the `index` of. */
  raw: string | undefined;
  index: number | undefined;
  /** What was read of it: encrypted, if it came so. */
  payload: Json;
  /** Where it may have been said: a private message is signed for a client's id, or for a name. */
  places: string[];
}

type Signable = { signed?: Signed; signature?: string } | null;

export function unsign(message: Message, places: string[], raw?: string, index?: number): void {
  const payload = message.payload as Signable;
  if (!payload?.signed?.count || !/^([\w-]{43}){1,2}$/.test(payload.signature!)) return;
  const { signed, signature, ...own } = payload as Required<NonNullable<Signable>>;
  message.payload = own;
  if (!signed.key || message.edited || message.deleted) return; // It is not what was signed.
  message.signed = { ...signed, signature, raw, index, payload: own, places };
}
