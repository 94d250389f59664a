// A relay's end of a client's connections, of these tests' own making: what it is sent it keeps, and
// it answers as it is told. In JSON. And what there is to sign with.
import { expect, onTestFinished } from "vitest";
import type { Client } from "../src/client.js";
import { connect } from "../src/index.js";
import type { ConnectOptions } from "../src/options.js";
import { ed25519Signer, newSigningKeys, publicSigningKey } from "../src/secure/index.js";
import { formOf } from "../src/secure/signed_form.js";
import type { SigningTerms } from "../src/signing.js";
import type { SocketLike } from "../src/socket.js";

export const kNonce = "oKGio6SlpqeoqaqrrK2urw";

interface Sent {
  type: string;
  op?: string;
  id?: number;
  room?: string;
  [field: string]: unknown;
}

export class FakeRelay {
  /** All messages, as they came. */
  readonly frames: string[] = [];
  readonly hellos: Sent[] = [];
  readonly published: Sent[] = [];
  /** What the next welcomes say. */
  terms: SigningTerms | undefined;
  isResumed = false;
  id = "c0200008000003";
  isAcking = true;
  isWelcoming = true;
  #seq = 0;
  #socket: { say(text: string): void; cut(): void } | undefined;

  client(options: ConnectOptions): Client {
    const reconnect = { attempts: 100, delayMs: 1, delayMaxMs: 1 };
    const made = connect("ws://relay.example", { WebSocket: this.#sockets(), reconnect, ...options });
    onTestFinished(() => made.close());
    return made;
  }

  say(message: object | string): void {
    this.#socket!.say(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** A chat message with this payload's text. */
  chat(payload: string, more = '"room":"lobby","seq":1', sender = "c0400000000012"): void {
    const rest = `"sender":"${sender}","timestamp":1700000000123,"payload":${payload}`;
    this.say(`{"type":"chat",${more},${rest}}`);
  }

  /** Without good-bye. */
  cut(): void {
    this.#socket!.cut();
  }

  #sockets(): NonNullable<ConnectOptions["WebSocket"]> {
    const relay = this;
    return class implements SocketLike {
      binaryType = "";
      bufferedAmount = 0;
      onopen: (() => void) | null = null;
      onmessage: ((event: { data: string }) => void) | null = null;
      onclose: ((event: { code: number; reason: string }) => void) | null = null;
      onerror: (() => void) | null = null;

      constructor() {
        relay.#socket = {
          say: (data) => this.onmessage?.({ data }),
          cut: () => this.onclose?.({ code: 1006, reason: "" }),
        };
        setTimeout(() => this.onopen?.());
      }
      close(): void {
        setTimeout(() => this.onclose?.({ code: 1000, reason: "" }));
      }
      send(data: string): void {
        relay.frames.push(data);
        setTimeout(() => relay.#answer(JSON.parse(data) as Sent));
      }
    };
  }

  #answer(sent: Sent): void {
    const { type, op, id, room } = sent;
    const answer = { type: "system", id, room };
    if (op === "hello") this.#welcome(sent);
    if (op === "join") this.say({ ...answer, ...this.#entry(room!), op: "joined", members: [] });
    if (type === "system") return;
    this.published.push(sent);
    if (this.isAcking && id !== undefined) this.ack(id, room);
  }

  ack(id: number, room = "lobby"): void {
    this.say({ type: "system", op: "ack", id, room, seq: ++this.#seq, timestamp: 1 });
  }

  #welcome(hello: Sent): void {
    this.hellos.push(hello);
    if (!this.isWelcoming) return;
    const rooms = this.isResumed ? [this.#entry("lobby")] : undefined;
    const { id: client, isResumed: resumed, terms: signing } = this;
    const times = { heartbeat_interval_ms: 10_000, timeout_ms: 30_000, resume_window_ms: 1000 };
    const fields = { client, session: `s${client}`, resumed, rooms, signing, ...times };
    this.say({ type: "system", op: "welcome", id: hello.id, ...fields });
  }

  #entry(room: string): object {
    return { room, room_number: 1, epoch: "e", seq: { chat: 0, player_action: 0 } };
  }
}

export const keys = await newSigningKeys();
export const key = await publicSigningKey(keys);
export const signing = await ed25519Signer(keys);
export const kOther = "AAAAAAAAAAAAAAAAAAAAAA";

export const ed25519 = (more: Partial<SigningTerms> = {}): SigningTerms => ({
  ...{ algorithm: "ed25519", key, nonce: kNonce, count: 0 },
  ...more,
});
export const hmac: SigningTerms = { algorithm: "hmac-sha256", key: "A".repeat(43), count: 0 };

export function relayOf(terms: SigningTerms | undefined): FakeRelay {
  const relay = new FakeRelay();
  relay.terms = terms;
  return relay;
}

/** The forms of all chat and actions that the relay was sent; fails if one is in none. */
export function forms(relay: FakeRelay) {
  const frames = relay.frames.filter((each) => !each.includes('"type":"system"'));
  return frames.map((frame) => {
    const payload = /"payload":(.*?)(,"id":\d+)?}$/.exec(frame)![1]!;
    const form = formOf(payload);
    expect(form, frame).toBeDefined();
    return { ...form!, payload };
  });
}

export const counts = (relay: FakeRelay) => forms(relay).map(({ count }) => count);
