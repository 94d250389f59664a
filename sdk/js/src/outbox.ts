// Outbox: publishes that wait for the link, and those that wait for their `ack`.
//
// Order per room holds. The relay remembers a session's last 64 ids, and knows one that is repeated:
// so never more than that may be under way, or a repetition could be delivered twice.
import { PerseidError } from "./errors.js";
import type { Publish } from "./flavour.js";
import type { Ack, Json, Message } from "./messages.js";

export interface OutboxLimits {
  /** Publishes that may wait, those under way included. */
  messages: number;
  /** And their payloads' bytes together. */
  bytes: number;
}

/** Whether a room takes publishes; "lost": it does, but knows nothing of an earlier session's. */
export type Readiness = "wait" | "ready" | "lost";

export interface OutboxHandlers {
  /** False while the socket has no room: pump() is called again. Throws what no room could hold. */
  send(publish: Publish): boolean;
  /** What to send as its text, undefined: ask again. At once undefined: it is sent as it is. */
  sign?(publish: Publish): Promise<string | undefined> | undefined;
  readiness(publish: Publish): Readiness;
  acked(ms: number): void;
  /** The queue went from empty to not, from full to not, and so on. */
  changed(): void;
}

interface Entry {
  publish: Publish;
  bytes: number;
  /** Sent before, in a session that is over or on a connection that is, without an answer. */
  uncertain: boolean;
  /** Its payload as it was sent in such sessions: sealed, it is another in each. */
  was: string[];
  /** Its payload as it is sent in this session, if that signs. */
  signed: string | undefined;
  place: number; // How many publishes this session had sent before it.
  sentAt: number;
  /** Makes the payload anew, for another session. */
  seal: (() => Promise<string>) | undefined;
  resolve(ack: Ack): void;
  reject(error: PerseidError): void;
}

const kInFlightMax = 60;
const kSessionsMax = 8; // That a room may still remember a publish of.

export class Outbox {
  #queue: Entry[] = [];
  #flight = new Map<number, Entry>();
  #bytes = 0;
  #sent = 0;
  #pausedUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSigning = false;

  constructor(
    private readonly limits: OutboxLimits,
    private readonly uncertain: "resend" | "reject",
    private readonly handlers: OutboxHandlers,
  ) {}

  get queued(): number {
    return this.#queue.length;
  }
  get inFlight(): number {
    return this.#flight.size;
  }
  /** 0 (empty) to 1 (the next publish is refused). */
  get pressure(): number {
    const messages = (this.#queue.length + this.#flight.size) / this.limits.messages;
    return Math.min(1, Math.max(messages, this.#bytes / this.limits.bytes));
  }

  add(publish: Publish, seal?: () => Promise<string>): Promise<Ack> {
    const bytes = publish.text.length;
    const count = this.#queue.length + this.#flight.size;
    if (count >= this.limits.messages || this.#bytes + bytes > this.limits.bytes) {
      return Promise.reject(new PerseidError("queue_full", "More waits than `queue` allows."));
    }
    return new Promise((resolve, reject) => {
      const entry = { publish, bytes, seal, uncertain: false, was: [], place: 0, sentAt: 0 };
      this.#queue.push({ ...entry, signed: undefined, resolve, reject });
      this.#bytes += bytes;
      this.handlers.changed();
      this.pump();
    });
  }

  /** Sends what may be sent. */
  pump(): void {
    if (this.#queue.length === 0 || this.#isSigning || this.#isPaused()) return;
    const before = this.#queue;
    const waits = new Set<string | undefined>();
    let left: Entry[] = [];
    for (const [i, entry] of before.entries()) {
      const { room } = entry.publish;
      const ready = waits.has(room) ? "wait" : this.handlers.readiness(entry.publish);
      if (ready === "wait") {
        waits.add(room);
        left.push(entry);
      } else if (ready === "lost" && entry.uncertain && this.uncertain === "reject") {
        this.#finish(entry).reject(new PerseidError("uncertain"));
      } else if (this.#windowIsOpen() && this.#sends(entry)) {
        // It is under way now, or was refused.
      } else {
        left = left.concat(before.slice(i));
        break;
      }
    }
    this.#queue = left;
    if (left.length !== before.length) this.handlers.changed();
  }

  /** The answer to a publish; false if there is none of this id. */
  acked(id: unknown, ack: Ack): boolean {
    const entry = this.#flight.get(id as number);
    if (!entry) return false;
    this.handlers.acked(performance.now() - entry.sentAt);
    this.#finish(entry).resolve(ack);
    this.pump();
    return true;
  }

  refused(id: unknown, error: PerseidError): boolean {
    const entry = this.#flight.get(id as number);
    // Who waits as told is never closed: the rest of the queue waits, too. But not for one room.
    if (error.retryAfterMs && !["muted", "slow_mode", "banned"].includes(error.code)) {
      this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + error.retryAfterMs);
    }
    if (!entry) return false;
    // Of what is repeated: it was taken then, or refused.
    const isTold = error.code !== "replayed" || !entry.uncertain;
    this.#finish(entry).reject(isTold ? error : new PerseidError("uncertain"));
    this.pump();
    return true;
  }

  /** The session goes on: what was not answered is repeated, with the same ids. */
  resumed(): void {
    for (const entry of this.#flight.values()) {
      entry.uncertain = true;
      this.handlers.send(wire(entry));
    }
    this.pump();
  }

  /** Another session: what was not answered may or may not have been delivered. */
  async anew(): Promise<void> {
    const entries = [...this.#flight.values()];
    this.#flight.clear();
    this.#sent = 0;
    for (const entry of entries) {
      entry.uncertain = true;
      entry.was = [...entry.was, wire(entry).text].slice(-kSessionsMax);
      entry.signed = undefined;
    }
    this.#queue.unshift(...entries);
    for (const entry of this.#queue) {
      if (entry.seal) entry.publish.text = await entry.seal();
    }
  }

  /** A delivery that an earlier session of this client sent: is it one of the uncertain? */
  recognise(message: Message, payload: Json): void {
    const text = JSON.stringify(payload);
    const at = this.#queue.findIndex(
      ({ uncertain, publish, was }) =>
        uncertain &&
        publish.lane === message.lane &&
        publish.room === message.room &&
        was.includes(text), // What JSON.stringify has written it writes again.
    );
    if (at < 0) return;
    const [entry] = this.#queue.splice(at, 1);
    this.#finish(entry!).resolve({ seq: message.seq, timestamp: message.timestamp });
  }

  /** Rejects all, or all of one room. */
  fail(error: PerseidError, room?: string): void {
    const mine = ({ publish }: Entry) => room === undefined || publish.room === room;
    if (room === undefined) clearTimeout(this.#timer);
    const failed = [...this.#flight.values(), ...this.#queue].filter(mine);
    this.#queue = this.#queue.filter((entry) => !mine(entry));
    for (const entry of failed) this.#finish(entry).reject(error);
  }

  #sends(entry: Entry): boolean {
    const signing = entry.signed ?? this.handlers.sign?.(entry.publish);
    if (typeof signing === "object") {
      void this.#signs(entry, signing);
      return false;
    }
    this.#fly(entry);
    try {
      if (this.handlers.send(wire(entry))) return true;
    } catch (error) {
      this.#finish(entry).reject(error as PerseidError);
      return true;
    }
    this.#flight.delete(entry.publish.id!);
    this.#sent -= 1;
    return false;
  }

  // One at a time, and sent at once or signed anew: counts leave in their order.
  async #signs(entry: Entry, signing: Promise<string | undefined>): Promise<void> {
    this.#isSigning = true;
    try {
      entry.signed = await signing;
    } catch (error) {
      if (this.#remove(entry)) this.#finish(entry).reject(error as PerseidError);
    }
    this.#isSigning = false;
    this.pump();
    if (this.#queue.includes(entry)) entry.signed = undefined;
  }

  #remove(entry: Entry): boolean {
    const at = this.#queue.indexOf(entry);
    if (at >= 0) this.#queue.splice(at, 1);
    return at >= 0;
  }

  #fly(entry: Entry): void {
    entry.place = this.#sent++;
    entry.sentAt = performance.now();
    entry.uncertain = false;
    this.#flight.set(entry.publish.id!, entry);
  }

  #windowIsOpen(): boolean {
    const [oldest] = this.#flight.values();
    return !oldest || this.#sent - oldest.place < kInFlightMax;
  }

  #isPaused(): boolean {
    const waitMs = this.#pausedUntil - performance.now();
    if (waitMs <= 0) return false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.pump(), waitMs);
    return true;
  }

  #finish(entry: Entry): Entry {
    this.#flight.delete(entry.publish.id!);
    this.#bytes -= entry.bytes;
    this.handlers.changed();
    return entry;
  }
}

const wire = ({ publish, signed }: Entry): Publish =>
  signed === undefined ? publish : { ...publish, text: signed };
