// Payloads: what an application says, as the text that is sent.
import { PerseidError } from "./errors.js";
import type { Json, Message } from "./messages.js";

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

/** Without what only this client says of a message: a relay could claim that it came encrypted. */
export function ofRelay<Type extends Message>(message: Type): Type {
  for (const own of ["old", "encrypted", "undecryptable"] as const) delete message[own];
  return message;
}
