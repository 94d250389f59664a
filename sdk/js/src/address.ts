// Where to connect, and with what.
import { PerseidError } from "./errors.js";
import type { ConnectOptions } from "./options.js";
import type { SocketConstructor } from "./socket.js";

/** `http` is taken for `ws`; without a path it is the relay's own, /ws. Throws `bad_url`. */
export function urlOf(text: string): string {
  const bad = (what: string) => {
    const shown = String(text).replace(/\/\/.*@/, "//"); // Not a password, in somebody's log.
    const message = `${what}: "${shown}". Give one like ws://127.0.0.1:8080`;
    return new PerseidError("bad_url", message, "url");
  };
  let url: URL;
  try {
    url = new URL(String(text).replace(/^http/, "ws"));
  } catch {
    throw bad("This is no whole URL");
  }
  if (!/^wss?:$/.test(url.protocol)) throw bad("A relay's URL begins with ws:// or wss://");
  if (url.username || url.password) throw bad("A WebSocket takes no user in its URL: say `token`");
  url.hash = "";
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
