// A relay that means ill (HOSTILE row 17, from the side of messages; frames are the platform's
// WebSocket's): nothing is thrown out of the socket's event handlers, no object of the page is
// touched, and the client goes on or ends its link and says so.
import { expect, onTestFinished, test } from "vitest";
import { Backoff } from "../src/backoff.js";
import { connect } from "../src/index.js";
import type { SocketLike } from "../src/socket.js";
import { binary } from "../src/state/index.js";
import { until } from "./relay.js";
import { dice } from "./support.js";

// The relay's end of one connection; what its handlers throw, the test sees.
class Fake implements SocketLike {
  static newest: Fake;
  binaryType = "";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  isOpen = true;

  constructor(
    _url: string,
    private readonly protocols: string[],
  ) {
    Fake.newest = this;
    queueMicrotask(() => this.onopen?.());
  }
  close() {
    this.isOpen = false;
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: "" }));
  }
  send(data: string | Uint8Array<ArrayBuffer>) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    const { op, id, room } = JSON.parse(/\{.*/s.exec(text)?.[0] ?? "{}");
    const fields = { type: "system", id, room };
    if (op === "hello") this.system({ ...fields, op: "welcome", client: "c1", session: "s" });
    if (op === "join") {
      this.system({
        ...fields,
        op: "joined",
        room_number: 1,
        epoch: "e",
        seq: { chat: 0, player_action: 0 },
        members: [],
      });
    }
  }
  system(message: object) {
    const text = JSON.stringify(message);
    this.say(this.protocols[0]!.includes("json") ? text : new TextEncoder().encode(`\u0004${text}`));
  }
  say(data: string | Uint8Array<ArrayBuffer>) {
    this.onmessage?.({ data: typeof data === "string" ? data : data.slice().buffer });
  }
}

async function joined(flavour?: ReturnType<typeof binary>) {
  const made = connect("ws://relay.example", {
    WebSocket: Fake as never,
    reconnect: { attempts: 1e6, delayMs: 1, delayMaxMs: 1 },
    ...(flavour && { flavour }),
  });
  onTestFinished(() => made.close());
  const room = await made.join("r");
  made.on("error", () => {});
  return { made, room };
}

const kValues = [
  ...["null", "true", "-1", "1e400", "18446744073709551616", '""', '"x"', '"\\ud800"'],
  ...["[]", "{}", "[[[[]]]]", '{"__proto__":{"bent":1},"constructor":1}'],
];
const kOps = [
  ...["welcome", "joined", "left", "ack", "error", "pong", "presence", "gap", "degraded"],
  ...["restored", "goaway", "notice", "members", "history", "typing", "read", "refreshed"],
  ...["token_expiring", "nonsense", "constructor", "__proto__", "toString"],
];
const kFields = [
  ...["op", "id", "room", "room_number", "seq", "epoch", "members", "client", "state", "from"],
  ...["to", "payload", "sender", "event", "timestamp", "state_hz", "reason", "code", "lane"],
  ...["name", "schema", "lost", "retry_after_ms", "reconnect_delay_ms", "__proto__"],
];

test("row 29: every answer with every type of field is borne", async () => {
  const bear = async (message: string) => {
    const { made } = await joined();
    Fake.newest.say(message);
    made.close();
  };
  for (const field of kFields) {
    for (const value of kValues) {
      const rest = `"room":"r","${field}":${value}}`;
      for (const op of kOps) await bear(`{"type":"system","op":"${op}",${rest}`);
      for (const type of ["chat", "player_action", "game_state", "nonsense", "__proto__"]) {
        await bear(`{"type":"${type}",${rest}`);
      }
    }
  }
  for (const text of ["", "not JSON", "[".repeat(100_000), "null", "[null]", "7", '"x"']) {
    await bear(text);
  }
  expect(({} as { bent?: number }).bent).toBeUndefined();
});

test("what makes no sense ends the connection, and the next goes on", async () => {
  const { made, room } = await joined();
  const reasons: string[] = [];
  made.on("link", ({ reason }) => reasons.push(reason ?? ""));
  const first = Fake.newest;
  first.say("{");
  expect(first.isOpen).toBe(false);
  await until(() => Fake.newest !== first && room.status === "joined");
  expect(reasons[0]).toMatch(/makes no sense/);
});

test("no relay has a client wait for ever, or not at all", () => {
  for (const asked of [Infinity, 1e20, 2 ** 31, -1, NaN, undefined as never, "x" as never]) {
    const floor = new Backoff({ delayMs: 10 }, () => 0);
    floor.atLeast(asked);
    const first = new Backoff({ delayMaxMs: 1e9 }, () => 1);
    first.obey(5, asked);
    for (const delay of [floor.next(), first.next()]) {
      expect(delay).toBeLessThanOrEqual(3_600_000);
      expect(delay).toBeGreaterThan(0);
    }
  }
});

test("row 7: names like those of Object are names", async () => {
  const { room } = await joined();
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  for (const [i, name] of names.entries()) {
    const set = `{"${name}":{"__proto__":1,"constructor":${i}}}`;
    Fake.newest.say(
      `{"type":"game_state","room":"r","tick":${i + 1},"full":false,"payload":{"set":${set}}}`,
    );
  }
  expect([...room.state.entities.keys()].sort()).toEqual([...names].sort());
  expect(room.state.get("constructor")!.constructor).toBe(1);
  expect(({} as { constructor: unknown }).constructor).toBe(Object);
});

test("noise is borne in both flavours", async () => {
  for (const flavour of [undefined, binary()]) {
    let { made } = await joined(flavour);
    const roll = dice(11);
    const good = JSON.stringify({
      ...{ type: "chat", room: "r", seq: 1, sender: "c2", timestamp: 1 },
      payload: { text: "x" },
    });
    for (let i = 0; i < 1000; ++i) {
      if (flavour) {
        const bytes = Uint8Array.from({ length: roll() * 60 }, () => roll() * 256);
        if (bytes.length > 0) bytes[0] = roll() * 8;
        Fake.newest.say(bytes);
      } else {
        const at = Math.floor(roll() * good.length);
        const letter = String.fromCharCode(roll() * 128);
        Fake.newest.say(good.slice(0, at) + letter + good.slice(at + 1));
      }
      if (Fake.newest.isOpen) continue;
      made.close();
      ({ made } = await joined(flavour));
    }
  }
});
