// Link: one connection after the other to the relay, with back-off between them. It knows nothing
// of sessions; that is client.ts.
import { Backoff, type BackoffOptions } from "./backoff.js";
import type { Frame } from "./flavour.js";
import { Socket, type SocketConstructor } from "./socket.js";

export interface LinkHandlers {
  opened(): void;
  message(data: string | ArrayBuffer): void;
  /** The connection is gone; the next attempt follows after `retryInMs`, or never. */
  lost(code: number, reason: string, retryInMs: number | undefined): void;
  /** Whether a connection that ended with this code can be followed by a better one. */
  mayRetry(code: number): boolean;
}

/** After these the relay will not have this client again. */
const kFinal = new Set([4001, 4003, 4009]);
/** After these, to come back at once would be to make it worse. */
const kSlowDown = new Set([4008, 4013, 4029]);
const kSlowDownMs = 5000;

export class Link {
  readonly backoff: Backoff;
  #socket: Socket | undefined;
  #open = false;
  #stopped = true;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly url: string,
    private readonly subprotocol: string,
    private readonly make: SocketConstructor,
    options: BackoffOptions,
    private readonly handlers: LinkHandlers,
  ) {
    this.backoff = new Backoff(options, Math.random);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Bytes that the socket has taken and not yet sent. */
  get buffered(): number {
    return this.#socket?.buffered ?? 0;
  }

  start(): void {
    this.#stopped = false;
    clearTimeout(this.#timer);
    if (this.#socket) return;
    const handlers = {
      opened: () => {
        this.#open = true;
        this.handlers.opened();
      },
      message: (data: string | ArrayBuffer) => this.handlers.message(data),
      ended: (code: number, reason: string) => this.#ended(code, reason),
    };
    this.#socket = new Socket(this.make, this.url, this.subprotocol, handlers);
  }

  send(frame: Frame): void {
    if (this.#open) this.#socket!.send(frame);
  }

  /** Gives the connection up for dead; the next follows. */
  abandon(reason: string): void {
    this.#socket?.abandon(reason);
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #ended(code: number, reason: string): void {
    this.#open = false;
    this.#socket = undefined;
    if (kSlowDown.has(code)) this.backoff.atLeast(kSlowDownMs);
    const retryInMs = this.#stopped || (kFinal.has(code) && !this.handlers.mayRetry(code)) ? undefined : this.backoff.next();
    if (retryInMs === undefined) this.#stopped = true;
    else this.#timer = setTimeout(() => this.start(), retryInMs);
    this.handlers.lost(code, reason, retryInMs);
  }
}
