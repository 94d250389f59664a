// Room: one room that this client has joined, or is about to.
import type { Core } from "./core.js";
import { Emitter } from "./emitter.js";
import { PerseidError } from "./errors.js";
import { LaneCount } from "./lanes.js";
import type {
  Ack,
  ClientStatus,
  Json,
  Joined,
  Member,
  Message,
  NumberedLane,
  ResumedRoom,
  StateDelivery,
  SystemMessage,
} from "./messages.js";
import type { JoinOptions } from "./options.js";
import type { Readiness } from "./outbox.js";
import { messageOf, ofRelay, textOf } from "./payload.js";
import { opened, sealed } from "./room_cipher.js";
import type { RoomEvents } from "./room_events.js";
import { hear } from "./room_hear.js";
import { RoomState } from "./room_state.js";
import { payloadsIn } from "./signed_form.js";
import { Timeline } from "./time/timeline.js";

export interface SendOptions {
  /** False: now or never, without an answer and without a place in the queue. */
  ack?: boolean;
}

/** Whom a moderator means: one session, or all of a name. */
export type Who = { client: string } | { name: string };

export class Room extends Emitter<RoomEvents> {
  readonly state: RoomState;
  /** Who is here, if `presence` was asked for; else who was when it was joined. */
  readonly members = new Map<string, Member>();
  /** What the relay said when the room was joined last. */
  joined: Joined | undefined;

  /** @internal */
  number = -1;
  /** @internal */
  readonly lanes = { chat: new LaneCount(), player_action: new LaneCount() };
  /** @internal */
  status: "new" | "joining" | "joined" | "left" = "new";
  /** @internal */
  isDegraded = false;
  /** @internal Its join is under way on this connection, or answered. */
  isAsked = false;
  #epoch = "";
  #joinId = 0;
  #recovered = true;
  #sawState = false;
  #waiting: { resolve(room: Room): void; reject(error: PerseidError): void }[] = [];
  #sealing: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> | undefined;
  #held: (() => void)[] | undefined;

  /** @internal */
  constructor(
    /** @internal */ readonly core: Core,
    readonly name: string,
    private options: JoinOptions,
  ) {
    super();
    const link = {
      publish: (update: object, wantsAck: boolean) => this.#publishState(update, wantsAck),
      check: () => this.#checkState(),
      isReady: () => core.isUp && this.status === "joined" && core.hasRoom(),
      askKeyframe: () => core.askKeyframe(this),
      told: (event: RoomEvents["state"]) => this.tell("state", event),
    };
    this.state = new RoomState(link, options.timeline ?? {});
    if (options.since) this.#startFrom(options.since);
  }

  /** @internal Joins, or is about to, with these options where it had been asked for before. */
  begin(options: JoinOptions | undefined): void {
    if (options) {
      this.options = options;
      this.state.timeline = new Timeline(options.timeline);
      if (options.since) this.#startFrom(options.since);
    }
    this.status = "joining";
    this.core.join(this);
  }

  /** Says something; a string is a text. Resolves when the relay has accepted it. */
  chat(message: string | Json): Promise<Ack> {
    return this.#publish("chat", messageOf(message));
  }

  /** An action: urgent, in one order for all. Without an answer it resolves at once. */
  send(payload: Json, { ack = true }: SendOptions = {}): Promise<Ack | undefined> {
    if (ack) return this.#publish("player_action", payload);
    return this.#sayOnce("player_action", payload);
  }

  react(seq: number, emoji: string, remove = false): Promise<Ack> {
    return this.#publish("chat", { react: remove ? { seq, emoji, remove } : { seq, emoji } });
  }
  edit(seq: number, text: string): Promise<Ack> {
    return this.#publish("chat", { edit: { seq, text } });
  }
  remove(seq: number): Promise<Ack> {
    return this.#publish("chat", { delete: { seq } });
  }
  /** Tells the others that the user is writing; once a second is enough. */
  typing(isTyping = true): void {
    void this.#sayOnce("chat", { typing: isTyping });
  }

  /** Up to where the user has read. */
  async read(seq: number): Promise<Ack> {
    return (await this.#ask({ op: "read", seq })) as unknown as Ack;
  }
  /** Older chat messages, oldest first, as they are now. */
  async history(range: { before?: number; limit?: number } = {}): Promise<Message[]> {
    const { messages, raw } = await this.#ask({ op: "history", ...range });
    const texts = payloadsIn(raw as string);
    const list = (messages as Message[]).map((each, i) =>
      ofRelay({ ...each, lane: "chat" }, [this.place], texts[i]),
    );
    const { encryption } = this.options;
    if (!encryption) return list;
    const open = (each: Message) =>
      opened(encryption, this.name, each, false).catch(({ message }: PerseidError) => {
        return { ...each, payload: null, undecryptable: message };
      });
    return Promise.all(list.map(open));
  }
  async discover(): Promise<ClientStatus[]> {
    return (await this.#ask({ op: "discover" })).clients as ClientStatus[];
  }
  /** Of a grid: what to see from now on. */
  async view(view: { [key: string]: Json }): Promise<void> {
    this.options = { ...this.options, view };
    await this.#ask({ op: "view", view });
  }

  /** For moderators. */
  async moderate(
    op: "mute" | "unmute" | "kick" | "ban" | "unban",
    who: Who,
    durationMs?: number,
  ): Promise<void> {
    await this.#ask({ op, ...who, ...(durationMs !== undefined && { duration_ms: durationMs }) });
  }
  async slowMode(intervalMs: number): Promise<void> {
    await this.#ask({ op: "slow_mode", interval_ms: intervalMs });
  }

  async leave(): Promise<void> {
    if (this.status === "left") return;
    const isThere = this.status === "joined" || this.isAsked; // Or will be, by what it has asked.
    this.ended(new PerseidError("left"));
    if (isThere) await this.core.leave(this.name);
  }

  /** Where this member stopped reading, for `since` of another join. */
  get since(): { epoch: string; chat: number; player_action: number } {
    return { epoch: this.#epoch, ...this.seen };
  }

  /** @internal As signatures say it. */
  get place(): string {
    return `room ${this.name}`;
  }

  /** @internal */
  get seen(): { chat: number; player_action: number } {
    return { chat: this.lanes.chat.seen, player_action: this.lanes.player_action.seen };
  }

  /** @internal Resolves once joined. */
  entered(): Promise<Room> {
    if (this.status === "joined") return Promise.resolve(this);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** @internal */
  sendJoin(): void {
    const { presence, history, create, view } = this.options;
    const since = this.#epoch === "" ? undefined : this.since;
    this.status = "joining";
    this.isAsked = true;
    this.#joinId = this.core.nextId();
    const message = { presence, create, view, since, history: since ? undefined : history };
    this.core.say({ op: "join", id: this.#joinId, room: this.name, ...message });
  }

  /** @internal True if the refusal was of this room's join. */
  refused(id: unknown, error: PerseidError): boolean {
    if (this.status !== "joining" || id !== this.#joinId) return false;
    const wasJoined = this.joined !== undefined;
    const passes = ["rate_limited", "overloaded", "store_unavailable"].includes(error.code);
    if (wasJoined && passes && error.retryAfterMs !== undefined) {
      // Many come back at once after a break: the relay lets them in one after the other.
      this.isAsked = false;
      setTimeout(() => this.core.joinAgain(this), error.retryAfterMs);
      return true;
    }
    this.ended(error);
    if (wasJoined) this.tell("left", { reason: error.code, retryAfterMs: error.retryAfterMs });
    return true;
  }

  /** @internal */
  entry(joined: Joined & { id?: unknown }): void {
    if (this.status !== "joining" || joined.id !== this.#joinId) return; // Of an earlier try.
    const first = this.joined === undefined;
    const asked = this.#epoch !== "";
    this.joined = joined;
    this.#recovered = joined.recovered ?? !asked;
    this.#position(joined, asked && this.#recovered);
    this.members.clear();
    for (const member of joined.members ?? []) this.members.set(member.client, member);
    const reader = joined.state && this.core.flavour.reader?.(joined.state);
    this.state.joined(joined.state, reader);
    if (first) this.#hold();
    const { seq } = joined;
    this.tell("joined", { first, resumed: false, recovered: this.#recovered, seq, joined });
    for (const { resolve } of this.#waiting.splice(0)) resolve(this);
  }

  /** @internal The session goes on. */
  resumed(info: ResumedRoom): void {
    const recovered = info.recovered ?? true;
    this.#recovered = true;
    this.#position({ ...info, seq: this.seen }, true);
    this.state.resumed();
    this.tell("joined", { first: false, resumed: true, recovered, seq: info.seq });
  }

  #position(at: ResumedRoom, goesOn: boolean): void {
    this.status = "joined";
    this.number = at.room_number;
    this.core.byNumber.set(this.number, this);
    this.#epoch = at.epoch;
    for (const lane of ["chat", "player_action"] as const) {
      if (goesOn) this.lanes[lane].goOn();
      else this.lanes[lane].startAt(at.seq[lane]);
    }
    if (this.joined) this.joined = { ...this.joined, ...at };
  }

  /** @internal Whether what was published may be sent. */
  get readiness(): Readiness {
    if (this.status !== "joined") return "wait";
    if (!this.#recovered) return "lost";
    // What the room remembers comes first: an uncertain publish may be among it.
    const newest = this.joined!.seq;
    const { chat, player_action: action } = this.seen;
    return chat >= newest.chat && action >= newest.player_action ? "ready" : "wait";
  }

  /** @internal */
  ended(error: PerseidError): void {
    this.status = "left";
    this.core.forget(this, error);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** @internal */
  linkLost(): void {
    this.isDegraded = false;
    this.isAsked = false;
  }

  /** @internal The client is closed; it may be opened again. */
  linkEnded(error: PerseidError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    if (this.status === "joined") this.status = "joining";
  }

  /** @internal The member had to leave. */
  removed(reason: string, retryAfterMs: number | undefined): void {
    this.ended(new PerseidError("left", reason, undefined, retryAfterMs));
    this.tell("left", { reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
  }

  /** @internal A numbered, private or passing delivery of this room. */
  delivered(message: Message): void {
    const { encryption } = this.options;
    if (!encryption) return hear(this, message);
    const open = () => opened(encryption, this.name, message, !message.old);
    this.#opening = Promise.resolve(this.#opening)
      .then(open)
      .then((each) => hear(this, each, message))
      .catch((error: PerseidError) => this.tell("error", error));
  }

  /** @internal Nobody can have sealed it, so in an encrypted room it is not believed. */
  stateCame(state: StateDelivery, now: number): void {
    if (!this.options.encryption) return this.state.apply(state, now);
    const isEmpty = state.full && Object.keys(state.payload?.set ?? {}).length === 0;
    if (isEmpty || this.#sawState) return; // A whole state comes to who joins.
    this.#sawState = true;
    const what = "Somebody sets state in this room. It is not encrypted, so it is not shown.";
    this.tell("error", new PerseidError("undecryptable", what));
  }

  /** @internal Emits, or keeps until whoever joined has had the time to listen. */
  tell<Name extends keyof RoomEvents>(name: Name, event: RoomEvents[Name]): void {
    if (this.#held) this.#held.push(() => this.emit(name, event));
    else this.emit(name, event);
  }

  #hold(): void {
    this.#held = [];
    setTimeout(() => {
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const tell of held) tell();
    });
  }

  #startFrom({ epoch, chat = 0, player_action = 0 }: NonNullable<JoinOptions["since"]>): void {
    this.#epoch = epoch;
    this.lanes.chat.startAt(chat);
    this.lanes.player_action.startAt(player_action);
  }

  #ask(message: { op: string; [field: string]: unknown }): Promise<SystemMessage> {
    if (this.status === "left") return Promise.reject(new PerseidError("left"));
    return this.core.ask({ ...message, room: this.name }, this.name);
  }

  async #publish(lane: NumberedLane, payload: Json): Promise<Ack> {
    if (this.status === "left") throw new PerseidError("left");
    const { encryption } = this.options;
    const plain = textOf(payload); // As it is now, however often it is sealed later.
    if (!encryption) return this.core.publish({ lane, room: this.name }, plain);
    const seal = async (): Promise<string> => {
      const { id } = this.core;
      const text = await sealed(encryption, this.name, lane, id, plain);
      return id === this.core.id ? text : seal(); // It is of its sender.
    };
    // One after the other, so that what was sent first is first.
    const text = this.#sealing.then(() => this.core.ready()).then(seal);
    this.#sealing = text.catch(() => {});
    return this.core.publish({ lane, room: this.name }, await text, seal);
  }

  async #sayOnce(lane: NumberedLane, payload: Json): Promise<undefined> {
    if (this.readiness === "wait" || !this.core.isUp || !this.core.hasRoom()) return;
    const { encryption } = this.options;
    const { id } = this.core;
    let text = textOf(payload);
    if (encryption) text = await sealed(encryption, this.name, lane, id, text);
    if (id === this.core.id) this.core.sendNow({ lane, room: this.name, number: this.number, text });
  }

  #checkState(): void {
    if (!this.options.encryption) return;
    const why = "The relay merges state, so it would have to read it";
    const instead = "send() what changes as actions, or set it in a room without encryption";
    throw new PerseidError("not_encryptable", `${why}: ${instead}.`);
  }

  #publishState(update: object, wantsAck: boolean): Promise<Ack> | undefined {
    const target = { lane: "game_state" as const, room: this.name, update };
    try {
      this.#checkState(); // It may have been set before the room was joined with `encryption`.
      const text = textOf(update as Json);
      if (wantsAck) return this.core.publish(target, text);
      const state = this.joined?.state;
      this.core.sendNow({ ...target, number: this.number, text, state });
    } catch (error) {
      if (wantsAck) throw error;
      this.tell("error", error as PerseidError);
    }
    return undefined;
  }
}
