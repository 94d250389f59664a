// Client: what connect() gives. The work is core.ts's.
import type { ClientEvents, LinkState } from "./client_events.js";
import type { Latency } from "./clock.js";
import { Core } from "./core.js";
import { Emitter } from "./emitter.js";
import { PerseidError } from "./errors.js";
import type { Stats } from "./link_stats.js";
import type { Ack, ClientStatus, Json, NumberedLane, Welcome } from "./messages.js";
import type { ConnectOptions, JoinOptions } from "./options.js";
import { messageOf, textOf } from "./payload.js";
import { Room } from "./room.js";

export class Client extends Emitter<ClientEvents> {
  readonly #core: Core;

  /** @internal Use connect(). */
  constructor(url: string, options: ConnectOptions) {
    super();
    this.#core = new Core(url, options, (name, event) => this.emit(name, event));
  }

  /** This client's public id; empty before the first `welcome`. */
  get id(): string {
    return this.#core.id;
  }
  /** The secret to go on with this session elsewhere: `connect(url, { session })`. */
  get session(): string | undefined {
    return this.#core.session;
  }
  get state(): LinkState {
    return this.#core.state;
  }
  /** How much waits to be sent: 0 to 1. */
  get pressure(): number {
    return this.#core.outbox.pressure;
  }
  get latency(): Latency {
    return this.#core.heartbeat.clock.latency;
  }
  get rooms(): ReadonlyMap<string, Room> {
    return this.#core.rooms;
  }

  /** Resolves with the relay's welcome; rejects if the client is closed before. */
  ready(): Promise<Welcome> {
    return this.#core.ready();
  }

  /** The relay's clock: Unix time in ms. */
  serverTime(): number {
    return Date.now() + this.#core.heartbeat.clock.offsetMs;
  }

  /** Joins a room; resolves when the relay has let this client in. */
  join(name: string, options?: JoinOptions): Promise<Room> {
    const core = this.#core;
    if (core.error) return Promise.reject(core.error);
    const room = this.room(name, options);
    const entered = room.entered();
    if (room.status === "new") room.begin(options);
    return entered;
  }

  /** The room of this name, to listen to it before it is joined. */
  room(name: string, options: JoinOptions = {}): Room {
    const { rooms } = this.#core;
    let room = rooms.get(name);
    if (!room) rooms.set(name, (room = new Room(this.#core, name, options)));
    return room;
  }

  /** A private message, to a client's id or to all sessions of `@name`. */
  async direct(to: string, message: string | Json, lane: NumberedLane = "chat"): Promise<Ack> {
    const payload = lane === "chat" ? messageOf(message) : message;
    return this.#core.publish({ lane, to }, textOf(payload));
  }

  /** Who is in a room, or in any of those that this client has joined. */
  async discover(room?: string): Promise<ClientStatus[]> {
    const joined = [...this.#core.rooms.values()].filter(({ status }) => status !== "new");
    const names = room === undefined ? joined.map(({ name }) => name) : [room];
    const answers = await Promise.all(
      names.map((name) => this.#core.ask({ op: "discover", room: name }, name)),
    );
    const all = answers.flatMap((answer) => answer.clients as ClientStatus[]);
    return [...new Map(all.map((each) => [each.client, each])).values()];
  }

  /** Goes on with a newer token of the same user, without a new connection. */
  refresh(token: string): Promise<void> {
    return this.#core.refresh(token);
  }

  stats(): Stats {
    const { stats, outbox } = this.#core;
    const { lanes, ack, reconnects, resumes, keyframesAsked } = stats;
    const { queued, inFlight } = outbox;
    const counts = { reconnects, resumes, keyframesAsked, queued, inFlight };
    return structuredClone({ lanes, ack, latency: this.latency, ...counts });
  }

  /** After `closed`: tries again, with the same rooms. */
  reconnect(): void {
    if (this.#core.error) this.#core.revive();
  }

  /** Says good-bye. What was not answered is rejected. */
  close(): void {
    this.#core.end("closed", new PerseidError("closed", "The client was closed."));
  }

  /** @internal For tests: as if the relay had forgotten it. */
  forgetSession(): void {
    if (this.#core.session !== undefined) this.#core.session = "s-forgotten";
  }
}
