// Where to connect, and with what.
import { PerseidError } from "./errors.js";
import type { ConnectOptions } from "./options.js";
import type { SocketConstructor } from "./socket.js";

/** `http` is taken for `ws`; without a path it is the relay's own, /ws. */
export function urlOf(text: string): string {
  const url = new URL(text.replace(/^http/, "ws"));
  if (url.pathname === "/") url.pathname = "/ws";
  return url.href;
}

export function socketOf({ WebSocket }: ConnectOptions): SocketConstructor {
  const found = WebSocket ?? (globalThis.WebSocket as SocketConstructor | undefined);
  if (!found) {
    throw new PerseidError("unsupported", "There is no WebSocket here: use perseid/node.");
  }
  return found;
}
