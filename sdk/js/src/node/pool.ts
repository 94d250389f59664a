// Pool: several clients for a server that publishes a lot. A room's publishes all take the same
// socket, so their order holds; different rooms spread over all.
import type { Client } from "../client.js";
import { PerseidError } from "../errors.js";
import type { Ack, Json } from "../messages.js";
import type { ConnectOptions, JoinOptions } from "../options.js";
import type { Room } from "../room.js";
import { connect } from "./connect.js";

export interface PoolOptions extends ConnectOptions {
  /** How many sockets; 4. */
  size?: number;
  /** Of every room that the pool joins. */
  join?: JoinOptions;
}

export class Pool {
  readonly clients: readonly Client[];
  readonly #join: JoinOptions;
  #drained: (() => void)[] = [];

  constructor(url: string, { size = 4, join = {}, ...options }: PoolOptions = {}) {
    this.#join = join;
    this.clients = Array.from({ length: size }, () => connect(url, options));
    for (const client of this.clients) client.on("pressure", () => this.#settle());
  }

  /** Resolves when every socket is welcomed. */
  async ready(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.ready()));
  }

  /** How much waits, on the socket where most does: 0 to 1, where publishes are refused. */
  get pressure(): number {
    return Math.max(...this.clients.map((client) => client.pressure));
  }

  /** Resolves when no more than half of what may wait does. */
  async drained(): Promise<void> {
    if (this.pressure > 0.5) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** An action to a room; the pool joins it if it has not yet. Resolves on the relay's `ack`. */
  async publish(room: string, payload: Json): Promise<Ack> {
    return (await this.#room(room).send(payload))!;
  }

  async chat(room: string, message: string | Json): Promise<Ack> {
    return this.#room(room).chat(message);
  }

  /** Which of the clients a room's publishes take. */
  clientOf(room: string): Client {
    let hash = 2166136261;
    for (let i = 0; i < room.length; ++i) hash = Math.imul(hash ^ room.charCodeAt(i), 16777619);
    return this.clients[(hash >>> 0) % this.clients.length]!;
  }

  close(): void {
    for (const client of this.clients) client.close();
  }

  // A publish waits in the client's queue until its room is joined, so order holds from the first.
  #room(name: string): Room {
    const client = this.clientOf(name);
    const known = client.rooms.get(name);
    if (known) return known;
    client.join(name, this.#join).catch(() => {}); // Its publishes are refused with the reason.
    const room = client.rooms.get(name);
    if (!room) throw new PerseidError("closed");
    return room;
  }

  #settle(): void {
    if (this.#drained.length === 0 || this.pressure > 0.5) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
