// Verifying what others have signed, over the very bytes that they have sent.
import type { Json, Message } from "../messages.js";
import type { Signed } from "../signed.js";
import { bytesOf } from "./base64.js";
import { ReplayWindow } from "./replay_window.js";
import { formOf, textToSign } from "./signed_form.js";
import { publicKeyOf, withSubtle } from "./signing_keys.js";

export interface VerifyOptions {
  /** The name that private messages come to, where a token gave it and connect() was not told. */
  name?: string;
}

/**
 * Whether a message was signed with `message.signed.key`, in this place and with these words. False
 * for one that is not signed, and for one of the history that was edited or deleted. Who signs
 * twice, or whom the relay has say it twice, a verifier() finds.
 */
export async function verify(message: Message, { name }: VerifyOptions = {}): Promise<boolean> {
  const { signed, lane } = message;
  const form = signed && formOf(signed.raw);
  if (!form?.key || !isShown(signed!, form.body)) return false;
  const { key: told, nonce, count, places } = signed!;
  if (form.key !== told || form.nonce !== nonce || form.count !== count) return false;
  const key = await publicKeyOf(form.key);
  if (!key) return false;
  const isOther = message.room === undefined && name !== undefined;
  for (const place of isOther ? [...places, `to @${name}`] : places) {
    const [signature, text] = [bytesOf(form.signature), textToSign(lane, place, form.head)];
    if (await withSubtle((subtle) => subtle.verify("Ed25519", key, signature, text))) return true;
  }
  return false;
}

export interface VerifierOptions {
  /** So many counts of each session are remembered. 1024. */
  replayWindow?: number;
  /** So many sessions are remembered: those that were heard last. 16384. */
  sessionsMax?: number;
}

/**
 * A `verify` for messages as they come live: one that comes again is false, for a relay that is not
 * trusted. Not for what `room.history()` gives, which may have been seen.
 */
export function verifier(limits: VerifierOptions = {}): typeof verify {
  const { replayWindow, sessionsMax = 16_384 } = limits;
  const sessions = new Map<string, ReplayWindow>();
  return async (message, options) => {
    if (!(await verify(message, options))) return false;
    if (message.old) return true;
    const { key, nonce, count } = message.signed!;
    const name = key + nonce;
    const session = sessions.get(name) ?? new ReplayWindow(replayWindow);
    sessions.delete(name); // To be the last in order.
    sessions.set(name, session);
    if (sessions.size > sessionsMax) sessions.delete(sessions.keys().next().value!);
    return session.take(count);
  };
}

// A relay that is not trusted could send a text in which what was signed is not what is shown.
function isShown({ payload }: Signed, body: string): boolean {
  try {
    const { signed, signature, ...own } = JSON.parse(body) as { [key: string]: Json };
    return JSON.stringify(own) === JSON.stringify(payload);
  } catch {
    return false;
  }
}
