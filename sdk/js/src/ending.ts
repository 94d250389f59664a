// Why a client ends: the close codes after which the relay will not have it again, and in words.
import { PerseidError } from "./errors.js";

export const kUnauthenticated = 4001;
export const kFinalReasons: { [code: number]: string } = {
  [kUnauthenticated]: "unauthenticated",
  4003: "forbidden",
  4009: "session_taken_over",
};

/** No attempt is left, or none makes sense. Browsers say of TLS no more than that it failed. */
export function goneFor(final: string | undefined, why: string, isTls: boolean): PerseidError {
  const hint = isTls ? ". Is the relay's certificate trusted here?" : "";
  const text = `the connection is gone (${why}), and no attempt is left${hint}`;
  return new PerseidError("closed", final ?? text);
}
