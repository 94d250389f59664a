// connect() with a WebSocket of its own, where Node has none.
import { Client } from "../client.js";
import type { ConnectOptions } from "../options.js";
import { NodeSocket } from "./socket.js";

/** As `connect` of "perseid"; Node before 22 gets a WebSocket. */
export function connect(url: string, options: ConnectOptions = {}): Client {
  return new Client(url, { WebSocket: NodeSocket, ...options });
}
