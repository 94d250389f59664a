// Socket: the part of the WebSocket API that the library uses, and one life of one connection.
import { PerseidError } from "./errors.js";

export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export interface SocketHandlers {
  opened(): void;
  message(data: string | ArrayBuffer): void;
  /** Once; also if it never opened. */
  ended(code: number, reason: string): void;
}

/** Given up: closed by this side without waiting for the other's answer. */
export const kSilent = 3000;
const kOpenMs = 10_000;

export class Socket {
  #socket: SocketLike;
  #handlers: SocketHandlers | undefined;
  #late: ReturnType<typeof setTimeout>;

  constructor(
    make: SocketConstructor,
    url: string,
    subprotocol: string,
    handlers: SocketHandlers,
  ) {
    this.#handlers = handlers;
    const socket = made(make, url, subprotocol);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#late = setTimeout(() => this.abandon("no answer"), kOpenMs);
    socket.onopen = () => {
      clearTimeout(this.#late);
      this.#handlers?.opened();
    };
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => this.#handlers?.message(data);
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => this.#end(code, reason);
    socket.onerror = () => {}; // A close follows, which says more.
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** With good-bye: the relay ends the session. */
  close(): void {
    this.#close(1000, "");
  }

  /** Without: the session waits for its next connection. */
  abandon(reason: string): void {
    this.#close(kSilent, reason);
    this.#end(kSilent, reason);
  }

  #close(code: number, reason: string): void {
    try {
      this.#socket.close(code, reason);
    } catch {
      // It was closed already, or is one of those that cannot be before they open.
    }
  }

  #end(code: number, reason: string): void {
    clearTimeout(this.#late);
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.ended(code, reason);
  }
}

// A page that came by https may open no ws:// to another machine, and browsers refuse more.
function made(make: SocketConstructor, url: string, subprotocol: string): SocketLike {
  try {
    return new make(url, [subprotocol]);
  } catch (error) {
    const { message } = error as Error;
    throw new PerseidError("bad_url", `No WebSocket can be opened to ${url}: ${message}`, "url");
  }
}
