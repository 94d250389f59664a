// Small parts by themselves, in virtual time where there is any.
import { expect, onTestFinished, test, vi } from "vitest";
import { Backoff } from "../src/backoff.js";
import type { LinkEvent } from "../src/client_events.js";
import { Clock } from "../src/clock.js";
import { Emitter } from "../src/emitter.js";
import { PerseidError, type RelayErrorCode } from "../src/errors.js";
import { Heartbeat } from "../src/heartbeat.js";
import { connect } from "../src/index.js";
import { LaneCount } from "../src/lanes.js";
import { bytesOf } from "../src/link_stats.js";
import { Frames, frameOf } from "../src/node/frames.js";
import { Outbox } from "../src/outbox.js";
import type { SocketLike } from "../src/socket.js";
import { StateCells } from "../src/state_cells.js";
import type { Incoming } from "../src/messages.js";
import { binary } from "../src/state/index.js";
import { bytesOf as bytesOfHex, dice, hexOf, vectors } from "./support.js";

test("back-off grows, is jittered and bounded, and obeys the relay", () => {
  const most = new Backoff({ attempts: 8, delayMaxMs: 5000 }, () => 1);
  const least = new Backoff({ attempts: 8, delayMaxMs: 5000 }, () => 0);
  for (const each of [most, least]) each.obey(3, 500);
  const delays = (of: Backoff) => Array.from({ length: 9 }, () => of.next());
  expect(delays(most)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, undefined]);
  expect(delays(least)).toEqual([250, 500, 1000, 2000, 2500, 2500, 2500, 2500, undefined]);
  const told = new Backoff({}, () => 0);
  told.obey(2, 100);
  told.atLeast(3000);
  expect([told.next(), told.next(), told.next()]).toEqual([3000, 100, undefined]);
});

test("the clock believes the ping that took the least time", () => {
  const clock = new Clock();
  const roll = dice(1);
  for (let i = 0; i < 50; ++i) {
    const [there, back] = [10 + roll() * 100, 10 + (i === 40 ? 0 : roll() * 100)];
    const sent = i * 1000;
    clock.pong(sent, sent + there + back, sent + there + back + 1e6, sent + there + 1e6 + 777);
  }
  expect(Math.abs(clock.offsetMs - 777)).toBeLessThan(25);
  const { p50Ms, p95Ms, p99Ms, rttMinMs, pings } = clock.latency;
  expect(rttMinMs < p50Ms && p50Ms < p95Ms && p95Ms <= p99Ms).toBe(true);
  expect(pings).toBe(50);
});

test("a lane tells each number once, and knows what is missing", () => {
  const lane = new LaneCount();
  lane.startAt(5);
  const take = (seq: number) => lane.take(seq).arrival;
  expect([4, 5, 5, 6, 6, 3].map(take)).toEqual(["old", "old", "duplicate", "live", ...dup(2)]);
  expect(lane.take(9)).toEqual({ arrival: "live", missing: 2 });
  expect(lane.skip(10, 12)).toBe(3);
  expect(lane.skip(8, 12)).toBe(0);
  lane.goOn();
  expect([12, 13].map(take)).toEqual(["duplicate", "live"]);
});
const dup = (count: number) => Array<string>(count).fill("duplicate");

test("a handler that throws does not keep the others from hearing", () => {
  vi.useFakeTimers();
  const emitter = new Emitter<{ a: number }>();
  const heard: number[] = [];
  emitter.on("a", () => {
    throw new Error("mine");
  });
  emitter.once("a", (n) => heard.push(n));
  const end = emitter.on("a", (n) => heard.push(n * 10));
  emitter.emit("a", 1);
  end();
  emitter.emit("a", 2);
  expect(heard).toEqual([1, 10]);
  expect(() => vi.runAllTimers()).toThrow("mine");
  vi.useRealTimers();
});

test("bytes are those of UTF-8", () => {
  for (const text of ["", "a", "é", "Zoë 🎲", "\u{10ffff}\uffff"]) {
    expect(bytesOf(text)).toBe(Buffer.byteLength(text));
  }
});

test("WebSocket frames, cut anywhere", () => {
  const sizes = [0, 1, 125, 126, 65535, 65536];
  const unmasked = sizes.map((size) => {
    const masked = frameOf(2, Buffer.alloc(size, 7), Uint8Array.of(0, 0, 0, 0));
    const head = masked.length - size - 4;
    masked[1]! &= 127;
    return Buffer.concat([masked.subarray(0, head), masked.subarray(head + 4)]);
  });
  const all = Buffer.concat(unmasked);
  for (const step of [1, 7, 1000, all.length]) {
    const frames = new Frames();
    const got: number[] = [];
    for (let at = 0; at < all.length; at += step) {
      frames.push(all.subarray(at, at + step));
      for (let frame = frames.next(); frame; frame = frames.next()) got.push(frame.payload.length);
    }
    expect(got).toEqual(sizes);
  }
  const fragments = new Frames();
  fragments.push(Buffer.from([0x01, 1, 97, 0x89, 0, 0x80, 1, 98]));
  expect(fragments.next()).toMatchObject({ opcode: 9 });
  expect(fragments.next()!.payload.toString()).toBe("ab");
});

test("an entity is of the cell that set it last, however cells overtake", () => {
  const cells = new StateCells(undefined);
  type Update = { set?: { [entity: string]: { x: number } }; unset?: string[] };
  const say = (cell: [number, number], tick: number, payload: Update, full = false) =>
    cells.apply({ lane: "game_state", tick, full, cell, payload })!;
  say([0, 0], 1, { set: { e1: { x: 1 } } }, true);
  say([1, 0], 5, { set: { e1: { x: 11 } } }, true);
  expect(cells.seen.get("e1")).toEqual({ x: 11 });
  say([0, 0], 3, { set: { e1: { x: 2 } } }); // Older news of the cell that it left.
  expect(cells.seen.get("e1")).toEqual({ x: 11 });
  expect(say([0, 0], 6, { unset: ["e1"] }).removed).toEqual([]);
  say([0, 0], 7, { set: { e1: { x: 3 } } });
  expect(cells.seen.get("e1")).toEqual({ x: 3 });
  // The newer cell loses it: it is of the other again, which has it still.
  expect(say([0, 0], 8, {}, true).changed).toEqual(["e1"]);
  expect(cells.seen.get("e1")).toEqual({ x: 11 });
  expect(say([1, 0], 9, {}, true).removed).toEqual(["e1"]);
  expect(cells.seen.size).toBe(0);
});

interface Vector {
  name: string;
  hex: string;
  message: { [field: string]: unknown };
}
const { client_to_relay, relay_to_client } = vectors<{
  client_to_relay: Vector[];
  relay_to_client: Vector[];
}>("bin_v1.json");

test.each(relay_to_client)("read: $name", ({ hex, message }) => {
  const { type, room_number: number, coded, ...rest } = message;
  const read = binary().read(bytesOfHex(hex).buffer) as Incoming & { coded?: Uint8Array };
  const wanted = { ...rest, lane: type, ...(number !== undefined && { number }) };
  expect({ ...read, coded: undefined }).toMatchObject(wanted);
  if (coded) expect(hexOf(read.coded!)).toBe(coded);
});

const publishes = client_to_relay.filter(
  ({ message: { type, id = 0, coded } }) =>
    type !== "system" && typeof id === "number" && id >= 0 && Number.isSafeInteger(id) && !coded,
);
test.each(publishes)("written: $name", ({ hex, message }) => {
  const { type, room_number: number, id, room, to, payload } = message as {
    type: "chat";
    room_number?: number;
    id?: number;
    room?: string;
    to?: string;
    payload: unknown;
  };
  const target = to !== undefined ? { to } : { room: room ?? "", number };
  const frame = binary().publish({ lane: type, id, ...target, text: JSON.stringify(payload) });
  expect(hexOf(frame as Uint8Array)).toBe(hex);
});

test("a heartbeat that slept gives the link a chance; one that was awake does not", () => {
  vi.useFakeTimers();
  const told: string[] = [];
  const heartbeat: Heartbeat = new Heartbeat({
    ping: () => heartbeat.sent(told.push("ping")),
    late: (isLate) => told.push(isLate ? "late" : "in time"),
    dead: () => told.push("dead"),
  });
  heartbeat.start(1000, 30_000);
  vi.advanceTimersByTime(600);
  heartbeat.heard();
  const awake = performance.now.bind(performance);
  const now = vi.spyOn(performance, "now").mockImplementation(() => awake() + 60_000);
  vi.advanceTimersByTime(1000); // After a minute asleep.
  expect(told).not.toContain("dead");
  vi.advanceTimersByTime(20_000);
  expect(told.filter((each) => each === "late").length).toBe(1);
  expect(told.at(-1)).toBe("dead");
  now.mockRestore();
  vi.useRealTimers();
});

test("no more is under way than the relay remembers, counted from the oldest without an answer", async () => {
  const sent: number[] = [];
  const outbox = new Outbox({ messages: 1000, bytes: 1e6 }, "resend", {
    send: ({ id }) => sent.push(id!) > 0,
    readiness: () => "ready",
    acked: () => {},
    changed: () => {},
  });
  const acks = Array.from({ length: 200 }, (_, i) =>
    outbox.add({ lane: "chat", room: "a", text: "1", id: i + 1 }),
  );
  expect(sent.length).toBe(60);
  for (let id = 2; id <= 60; ++id) outbox.acked(id, { seq: id, timestamp: 0 });
  expect(sent.length).toBe(60); // The first is still without one: it may have to be repeated.
  outbox.acked(1, { seq: 1, timestamp: 0 });
  expect(sent.length).toBe(120);
  sent.length = 0;
  outbox.resumed();
  expect(sent.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, i) => i + 61));
  for (let id = 61; id <= 200; ++id) outbox.acked(id, { seq: id, timestamp: 0 });
  expect((await Promise.all(acks)).map(({ seq }) => seq)).toEqual(sequence(200));
});
const sequence = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test("uncertain publishes are rejected where that is wanted and nothing can tell", async () => {
  let readiness: "ready" | "lost" = "ready";
  const outbox = new Outbox({ messages: 10, bytes: 1e6 }, "reject", {
    send: () => true,
    readiness: () => readiness,
    acked: () => {},
    changed: () => {},
  });
  const flown = outbox.add({ lane: "chat", room: "a", text: "1", id: 1 });
  readiness = "lost";
  await outbox.anew();
  outbox.pump();
  await expect(flown).rejects.toMatchObject({ code: "uncertain" });
  const later = outbox.add({ lane: "chat", room: "a", text: "2", id: 2 });
  outbox.acked(2, { timestamp: 5 });
  expect(await later).toEqual({ timestamp: 5 });
});

test("who is told to wait waits, but not for one room's sake", () => {
  const rows: [RelayErrorCode, boolean][] = [
    ["rate_limited", true],
    ["overloaded", true],
    ["store_unavailable", true],
    ["muted", false],
    ["slow_mode", false],
    ["banned", false],
  ];
  for (const [code, waits] of rows) {
    const sent: number[] = [];
    const outbox = new Outbox({ messages: 10, bytes: 1e6 }, "resend", {
      send: ({ id }) => sent.push(id!) > 0,
      readiness: () => "ready",
      acked: () => {},
      changed: () => {},
    });
    outbox.add({ lane: "chat", room: "a", text: "1", id: 1 }).catch(() => {});
    outbox.refused(1, new PerseidError(code, code, undefined, 100_000));
    outbox.add({ lane: "chat", room: "b", text: "2", id: 2 }).catch(() => {});
    expect(sent, code).toEqual(waits ? [1] : [1, 2]);
    outbox.fail(new PerseidError("closed"));
  }
});

test("a connection that opens and is not welcomed is given up, and tried again", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let opened = 0;
  class Mute {
    binaryType = "";
    bufferedAmount = 0;
    onopen: SocketLike["onopen"] = null;
    onmessage = null;
    onclose = null;
    onerror = null;
    constructor() {
      setTimeout(() => this.onopen?.({} as never));
      opened += 1;
    }
    send() {}
    close() {}
  }
  const client = connect("ws://127.0.0.1:1", { WebSocket: Mute });
  onTestFinished(() => client.close());
  const told: LinkEvent[] = [];
  client.on("link", (event) => told.push(event));
  vi.advanceTimersByTime(9000);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2000);
  expect(told).toMatchObject([{ state: "connecting", reason: "no welcome", attempt: 1 }]);
  vi.advanceTimersByTime(1000);
  expect(opened).toBe(2);
});
