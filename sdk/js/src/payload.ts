// Payloads: what an application says, as the text that is sent.
import { PerseidError } from "./errors.js";
import type { Json, Message } from "./messages.js";
import { unsign } from "./signed.js";

/** A chat message or a private one: a string is a text. */
export const messageOf = (message: string | Json): Json =>
  typeof message === "string" ? { text: message } : message;

/** Throws `bad_value` for what JSON cannot say: functions, undefined, circles. */
export function textOf(payload: Json): string {
  let text: string | undefined;
  let why = "";
  try {
    text = JSON.stringify(payload) as string | undefined;
  } catch (error) {
    why = ` ${(error as Error).message}`;
  }
  if (text === undefined) throw new PerseidError("bad_value", `A payload is JSON.${why}`, "payload");
  return text;
}

/**
 * Without what only this client says of a message: a relay could claim that it came encrypted. With
 * who says to have signed it; the rest as in Signed.
 */
export function ofRelay(
  message: Message & { raw?: string },
  ...where: [places: string[], raw?: string]
): Message {
  for (const own of ["old", "encrypted", "undecryptable", "signed", "raw"] as const) {
    delete message[own];
  }
  unsign(message, ...where);
  return message;
}
