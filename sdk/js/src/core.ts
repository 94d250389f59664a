// Core: one session at the relay, over one connection after the other. Client is its face, rooms
// are its users.
import { socketOf, urlOf } from "./address.js";
import type { ClientEvents, LinkEvent, LinkState } from "./client_events.js";
import { goneFor, kFinalReasons, kUnauthenticated } from "./ending.js";
import { PerseidError } from "./errors.js";
import { json, type Flavour, type Publish } from "./flavour.js";
import { goOn, linkStateOf } from "./going_on.js";
import { bearable, Heartbeat } from "./heartbeat.js";
import { Link } from "./link.js";
import { LinkStats } from "./link_stats.js";
import type { Ack, Joined, SystemMessage, Welcome } from "./messages.js";
import type { ConnectOptions } from "./options.js";
import { Outbox, type Readiness } from "./outbox.js";
import { receive } from "./receive.js";
import { Requests } from "./requests.js";
import type { Room } from "./room.js";
import { seenIn } from "./seen.js";
import { SignIn } from "./sign_in.js";
import { refusal, type Signer } from "./signing.js";

const kBufferedBytesMax = 1 << 20;
const kRetryMs = 20;
const kWelcomeMs = 10_000;

type Tell = <Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]) => void;

export class Core {
  readonly flavour: Flavour;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly heartbeat: Heartbeat;
  readonly signIn: SignIn;
  readonly signer: Signer | undefined;
  readonly stats = new LinkStats();
  readonly rooms = new Map<string, Room>();
  /** By their numbers on this connection, which the binary flavour says in place of names. */
  readonly byNumber = new Map<number, Room>();
  /** Ids that this client had in sessions that are over. */
  readonly formerIds = new Set<string>();
  welcome: Welcome | undefined;
  session: string | undefined;
  state: LinkState = "connecting";
  error: PerseidError | undefined;
  /** Connected, and welcomed. */
  isUp = false;
  #ids = 0;
  #helloId = 0;
  #connection = {};
  #isLate = false;
  #isRenewing = false;
  #reason: string | undefined;
  #greeted: { resolve(welcome: Welcome): void; reject(error: PerseidError): void }[] = [];
  /** With what is signed first. */
  #leaving = new Map<string, Promise<unknown> | undefined>();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #unwelcome: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    readonly options: ConnectOptions,
    readonly tell: Tell,
  ) {
    this.flavour = options.flavour ?? json;
    this.session = options.session;
    this.signIn = new SignIn(options.token, (error) => tell("error", error));
    this.signer = options.signing?.();
    const limits = { messages: 1000, bytes: 1 << 20, ...options.queue };
    this.outbox = new Outbox(limits, options.uncertain ?? "resend", {
      send: (publish) => this.#sendPublish(publish),
      sign: (publish) => this.signer?.sign(publish),
      readiness: (publish) => this.#readiness(publish),
      acked: (ms) => this.stats.acked(ms),
      changed: () => tell("pressure", this.outbox.pressure),
    });
    this.requests = new Requests(
      (message) => this.say(message),
      (room) => this.isUp && (room === undefined || this.rooms.get(room)?.status === "joined"),
    );
    this.heartbeat = new Heartbeat({
      ping: () => this.#ping(),
      late: (isLate) => {
        this.#isLate = isLate;
        if (this.isUp) this.settle();
      },
      dead: () => this.link.abandon("heartbeat"),
    });
    const reconnect = options.reconnect === false ? { attempts: 0 } : (options.reconnect ?? {});
    const handlers = {
      opened: () => this.#greet(),
      message: (data: string | ArrayBuffer) => receive(this, data),
      lost: (code: number, reason: string, retryInMs?: number) =>
        this.#lost(code, reason, retryInMs),
      // With another token, if there is where to get one.
      mayRetry: (code: number) => code === kUnauthenticated && this.signIn.canRenew,
    };
    const { subprotocol } = this.flavour;
    this.link = new Link(urlOf(url), subprotocol, socketOf(options), reconnect, handlers);
    this.link.start();
  }

  get id(): string {
    return this.welcome?.client ?? "";
  }

  nextId(): number {
    return ++this.#ids;
  }

  ready(): Promise<Welcome> {
    if (this.welcome) return Promise.resolve(this.welcome);
    if (this.error) return Promise.reject(this.error);
    return new Promise((resolve, reject) => this.#greeted.push({ resolve, reject }));
  }

  say(message: object): boolean {
    if (!this.link.isOpen) return false;
    const frame = this.flavour.system({ type: "system", ...message });
    this.stats.went("system", frame);
    this.link.send(frame);
    return true;
  }

  ask(message: { op: string; [field: string]: unknown }, room?: string): Promise<SystemMessage> {
    if (this.error) return Promise.reject(this.error);
    return this.requests.add({ ...message, id: this.nextId() }, room);
  }

  publish(
    target: Omit<Publish, "text" | "id">,
    text: string,
    seal?: () => Promise<string>,
  ): Promise<Ack> {
    if (this.error) return Promise.reject(this.error);
    return this.outbox.add({ ...target, text, id: this.nextId() }, seal);
  }

  /** Without an answer: lost if the link is. What cannot be written is told. */
  sendNow(publish: Publish): void {
    const failed = (error: PerseidError) => this.tell("error", error);
    const connection = this.#connection;
    const write = (text?: string) => {
      const isSame = connection === this.#connection; // It was up, and may be closing.
      if (isSame && text !== undefined) this.#write({ ...publish, text });
    };
    try {
      const signed = this.signer?.signNext(publish);
      if (signed) signed.then(write).catch(failed);
      else this.#write(publish);
    } catch (error) {
      failed(error as PerseidError);
    }
  }

  #write(publish: Publish): void {
    if (!this.link.isOpen) return;
    const frame = this.flavour.publish(publish);
    this.stats.went(publish.lane, frame);
    this.link.send(frame);
  }

  /** Whether the socket takes more; if not, what waits is tried again. */
  hasRoom(): boolean {
    if (this.link.buffered <= kBufferedBytesMax) return true;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.pump(), kRetryMs);
    return false;
  }

  askKeyframe(room: Room): void {
    this.stats.keyframesAsked += 1;
    this.say({ op: "keyframe", room: room.name });
  }

  forget(room: Room, error: PerseidError): void {
    if (this.rooms.get(room.name) === room) this.rooms.delete(room.name);
    if (this.byNumber.get(room.number) === room) this.byNumber.delete(room.number);
    this.outbox.fail(error, room.name);
    this.requests.fail(error, room.name);
    if (this.isUp) this.settle();
  }

  async leave(room: string): Promise<void> {
    const turn = this.signer?.turn;
    const connection = this.#connection;
    this.#leaving.set(room, turn);
    if (turn) await turn;
    // Another connection has its own way to join a room again.
    if (connection !== this.#connection && this.rooms.has(room)) return;
    // Whatever the answer: the client is not in the room any more.
    await this.ask({ op: "leave", room }).catch(() => {});
    this.#leaving.delete(room);
  }

  /** Behind its leave, if that waits. */
  join(room: Room): void {
    const turn = this.#leaving.get(room.name);
    if (turn) void turn.then(() => this.joinAgain(room));
    else if (this.isUp) room.sendJoin();
  }

  /** Everything that waits for the link or for a room. */
  pump(): void {
    this.requests.pump();
    this.outbox.pump();
    for (const room of this.rooms.values()) room.state.pump();
  }

  /** The state that follows from all that is known; told if it is another. */
  settle(more: Partial<LinkEvent> = {}): void {
    const now = linkStateOf(this, this.#isLate);
    const state = now.state;
    const reason = this.error ? this.#reason : (now.reason ?? more.reason);
    const isNews = state !== this.state || more.retryInMs !== undefined;
    this.state = state;
    if (isNews) this.tell("link", { ...more, state, ...(reason !== undefined && { reason }) });
  }

  end(reason: string, error: PerseidError): void {
    if (this.error) return;
    this.error = error;
    this.#reason = reason;
    this.isUp = false;
    this.#stop();
    this.heartbeat.stop();
    clearTimeout(this.#retry);
    clearTimeout(this.#unwelcome);
    this.outbox.fail(error);
    this.requests.fail(error);
    for (const { reject } of this.#greeted.splice(0)) reject(error);
    for (const room of this.rooms.values()) room.linkEnded(error);
    this.settle();
  }

  // What was said now or never is still signed, and goes out before the good-bye.
  #stop(): void {
    const { link, signer } = this;
    const stop = () => (this.error ? link.stop() : link.abandon("reconnect"));
    if (link.isOpen && signer?.turn) void signer.turn.then(stop);
    else stop();
  }

  /** After the end: from the start, with the same rooms. */
  revive(): void {
    this.error = undefined;
    this.welcome = undefined;
    this.link.backoff.succeeded();
    this.settle();
    this.link.start();
  }

  // The connection's life: opened, welcomed, lost.

  #greet(): void {
    const connection = (this.#connection = {});
    const isStill = () => connection === this.#connection && this.link.isOpen;
    this.signIn.then(
      (token) => isStill() && this.#hello(token),
      () => isStill() && this.link.abandon("no_token"),
    );
  }

  async refresh(token: string): Promise<void> {
    await this.ask({ op: "refresh", token });
    this.signIn.replace(token);
  }

  tokenExpiring(inMs: number): void {
    if (!this.signIn.canRenew) return this.tell("token_expiring", inMs);
    // If it fails, and that is told, the end of the token asks for another.
    this.signIn.then(
      (token) => this.refresh(token!).catch((error: PerseidError) => this.tell("error", error)),
      () => {},
    );
  }

  #hello(token: string | undefined): void {
    const { options, session, signer } = this;
    this.#helloId = this.nextId();
    const said = { name: options.name, token, meta: options.meta, session, ...signer?.hello };
    this.say({ op: "hello", id: this.#helloId, ...said, since: this.#since() });
    // Until the heartbeat begins nothing else would notice that the link is dead.
    this.#unwelcome = setTimeout(() => this.link.abandon("no welcome"), kWelcomeMs);
    // Without a session nothing can stand in the way of the first joins.
    if (session === undefined) this.#join();
  }

  #since(): object | undefined {
    // A relay that resumes no sessions would not take it.
    if (this.welcome?.resume_window_ms === undefined) return undefined;
    return { rooms: seenIn(this.rooms.values()) };
  }

  #join(): void {
    for (const room of this.rooms.values()) {
      if (room.status !== "new" && !room.isAsked) room.sendJoin();
    }
  }

  joinAgain(room: Room): void {
    if (this.isUp && this.rooms.get(room.name) === room && !room.isAsked) room.sendJoin();
  }

  welcomed(welcome: Welcome & { id?: unknown }): void {
    if (welcome.id !== this.#helloId) return;
    clearTimeout(this.#unwelcome);
    const cannot = refusal(this.signer, welcome.signing);
    if (cannot) return this.end(cannot.code, cannot);
    const before = this.session;
    const resumed = before !== undefined && welcome.resumed;
    if (this.welcome && !resumed) this.formerIds.add(this.welcome.client);
    this.welcome = welcome;
    this.session = welcome.session;
    this.isUp = true;
    const { link, options } = this;
    link.backoff.obey(welcome.reconnect_attempts, welcome.reconnect_delay_ms);
    link.backoff.succeeded();
    const intervalMs = options.pingIntervalMs ?? bearable(welcome.heartbeat_interval_ms, 200);
    this.heartbeat.start(intervalMs, bearable(welcome.timeout_ms, 500));
    if (resumed) goOn(this, welcome, (name) => this.#leaving.has(name));
    else this.#beginAnew();
    if (before !== undefined) this.stats[resumed ? "resumes" : "reconnects"] += 1;
    for (const { resolve } of this.#greeted.splice(0)) resolve(welcome);
    this.settle(before === undefined ? {} : { resumed });
    this.pump();
  }

  #beginAnew(): void {
    this.requests.pump(); // What was left meanwhile, before it is joined again.
    this.#join();
    this.#isRenewing = true;
    const { id } = this;
    void this.outbox.anew().then(() => {
      if (id !== this.id) return; // Another session has begun, and renews all again.
      this.#isRenewing = false;
      this.outbox.pump();
    });
  }

  /** The relay will not have this client. */
  helloRefused(id: unknown, error: PerseidError): boolean {
    if (this.isUp || id !== this.#helloId) return false;
    // What ended on the way here is asked for again, with the next connection.
    if (error.code === "token_expired" && this.signIn.canRenew) return true;
    this.end(error.code, error);
    return true;
  }

  joined(joined: Joined & { id?: unknown }): void {
    this.rooms.get(joined.room)?.entry(joined);
    this.pump();
  }

  #lost(code: number, why: string, retryInMs: number | undefined): void {
    this.isUp = false;
    clearTimeout(this.#unwelcome);
    this.heartbeat.stop();
    this.requests.lost();
    this.byNumber.clear();
    for (const room of this.rooms.values()) room.linkLost();
    if (this.error) return;
    const final = kFinalReasons[code];
    const reason = this.#reason || why || String(code);
    this.#reason = undefined;
    if (retryInMs === undefined) {
      const isTls = this.welcome === undefined && this.link.url.startsWith("wss:");
      return this.end(final ?? "gave_up", goneFor(final, reason, isTls));
    }
    this.settle({ reason, retryInMs, attempt: this.link.backoff.attempt });
  }

  goaway(reason: string, delayMs: number): void {
    this.#reason = reason;
    this.link.backoff.atLeast(delayMs);
  }

  #ping(): void {
    const id = this.nextId();
    if (this.say({ op: "ping", id })) this.heartbeat.sent(id);
  }

  #readiness({ room }: Publish): Readiness {
    if (!this.isUp || this.#isRenewing) return "wait";
    if (room === undefined) return this.formerIds.size > 0 ? "lost" : "ready";
    return this.rooms.get(room)?.readiness ?? "wait";
  }

  #sendPublish(publish: Publish): boolean {
    if (!this.isUp) return false;
    if (!this.hasRoom()) return false;
    const room = publish.room === undefined ? undefined : this.rooms.get(publish.room);
    this.#write({ ...publish, number: room?.number, state: room?.joined?.state });
    return true;
  }
}
