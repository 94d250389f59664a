// Rooms and chat against the real relay, in both flavours.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import type { Json, Message } from "../src/messages.js";
import { json } from "../src/index.js";
import { binary } from "../src/state/index.js";
import { client, next, Relay, until } from "./relay.js";

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start();
});
afterAll(() => relay.end());

const kFlavours = [
  { name: "json", flavour: json },
  { name: "binary", flavour: binary() },
];
let rooms = 0;
const roomName = () => `room ${++rooms} Zoë 🎲`;

describe.each(kFlavours)("$name", ({ flavour }) => {
  test("ten lines to a room", async () => {
    const name = roomName();
    const ana = client(relay, { name: "ana", flavour });
    const ben = client(relay, { name: "ben" });
    const room = await ben.join(name, { presence: true });
    const came = next<{ event: string; name: string }>(room, "presence");
    const heard = next<Message>(room, "chat");
    const mine = await ana.join(name);
    const ack = await mine.chat("hi");
    expect(await came).toMatchObject({ event: "join", name: "ana", client: ana.id });
    expect(await heard).toMatchObject({ seq: 1, sender: ana.id, payload: { text: "hi" } });
    expect(ack.seq).toBe(1);
    expect([...room.members.values()].map((each) => each.name).sort()).toEqual(["ana", "ben"]);
    await mine.leave();
    await until(() => room.members.size === 1);
  });

  test("reactions, edits, deletions, history, reading and typing", async () => {
    const name = roomName();
    const ana = await client(relay, { name: "ana", flavour }).join(name);
    const ben = await client(relay, { name: "ben", flavour }).join(name);
    const changes: unknown[] = [];
    ben.on("change", ({ payload }) => changes.push(payload));
    const typing = next(ben, "typing");
    ana.typing();
    expect(await typing).toMatchObject({ typing: true });
    const { seq } = await ana.chat("helo");
    await ana.edit(seq!, "hello");
    await ben.react(seq!, "👍");
    const second = await ana.chat("oops");
    await ana.remove(second.seq!);
    await until(() => changes.length === 3);
    expect(changes[1]).toEqual({ react: { seq, emoji: "👍" } });
    const [first, deleted] = await ben.history({ limit: 10 });
    expect(first).toMatchObject({ edited: true, payload: { text: "hello" } });
    expect(first!.reactions).toEqual([{ emoji: "👍", count: 1, mine: true }]);
    expect(deleted).toMatchObject({ deleted: true, payload: {} });
    await ben.read(seq!);
    await expect(ana.edit(999, "?")).rejects.toMatchObject({ code: "unknown_message" });
    await expect(ben.edit(seq!, "?")).rejects.toMatchObject({ code: "not_author" });
  });

  test("history of a join comes as old messages, before those of now", async () => {
    const name = roomName();
    const ana = await client(relay, { flavour }).join(name);
    for (let i = 1; i <= 5; ++i) await ana.chat(`${i}`);
    const ben = await client(relay, { flavour }).join(name, { history: 3 });
    const heard: unknown[] = [];
    ben.on("chat", ({ seq, old, payload }) => heard.push([seq, old, payload]));
    await ana.chat("6");
    await until(() => heard.length === 4);
    expect(heard).toEqual([
      [3, true, { text: "3" }],
      [4, true, { text: "4" }],
      [5, true, { text: "5" }],
      [6, undefined, { text: "6" }],
    ]);
  });

  test("a room may be listened to before it is joined", async () => {
    const name = roomName();
    await (await client(relay).join(name)).chat("early");
    const ana = client(relay, { flavour });
    const heard = next<Message>(ana.room(name), "chat");
    const room = await ana.join(name, { history: 1 });
    expect(room).toBe(ana.room(name));
    expect(await heard).toMatchObject({ old: true, payload: { text: "early" } });
  });

  test("actions in order, private messages, discovery", async () => {
    const name = roomName();
    const ana = client(relay, { name: `ana ${name}`, flavour });
    const ben = client(relay, { name: "ben", flavour });
    const [mine, theirs] = await Promise.all([ana.join(name), ben.join(name)]);
    const heard: unknown[] = [];
    theirs.on("action", ({ payload }) => heard.push(payload));
    await Promise.all(Array.from({ length: 200 }, (_, i) => mine.send([i, "jump"])));
    await mine.send("now", { ack: false });
    await until(() => heard.length === 201);
    expect(heard).toEqual([...Array.from({ length: 200 }, (_, i) => [i, "jump"]), "now"]);

    const whisper = next<Message>(ana, "direct");
    await ben.direct(ana.id, "psst");
    expect(await whisper).toMatchObject({ sender: ben.id, to: ana.id, payload: { text: "psst" } });
    const again = next<Message>(ana, "direct");
    await ben.direct(`@ana ${name}`, { text: "hey" });
    expect((await again).payload).toEqual({ text: "hey" });
    const nobody = ben.direct("c0000000000001", "?");
    await expect(nobody).rejects.toMatchObject({ code: "unknown_client" });
    const found = await ben.discover();
    expect(found.map((each) => each.client).sort()).toEqual([ana.id, ben.id].sort());
  });

  test("who leaves while joining is not there, and may join again at once", async () => {
    const name = roomName();
    const watcher = await client(relay).join(name, { presence: true });
    const ana = client(relay, { name: "ana", flavour });
    await ana.ready();
    for (let round = 0; round < 3; ++round) {
      const joining = ana.join(name);
      const left = ana.room(name).leave();
      await expect(joining).rejects.toMatchObject({ code: "left" });
      if (round === 1) await left;
    }
    const room = await ana.join(name);
    await room.chat("hi");
    await room.leave();
    await until(() => watcher.lanes.chat.seen === 1 && watcher.members.size === 1);
  });

  test("discovery asks of rooms that were joined, not of those that are listened to", async () => {
    const ana = client(relay, { flavour });
    ana.room(roomName()).on("chat", () => {});
    await ana.join(roomName());
    expect((await ana.discover()).map((each) => each.client)).toEqual([ana.id]);
  });

  test("errors are typed and of the closed list", async () => {
    const ana = client(relay, { flavour });
    const joining = ana.join("x".repeat(200));
    await expect(joining).rejects.toMatchObject({ name: "PerseidError", code: "name_too_long" });
    const room = await ana.join(roomName());
    await expect(room.chat({ react: { seq: 1 } })).rejects.toMatchObject({
      code: "missing_field",
      field: "payload.react.emoji",
    });
    await expect(room.moderate("kick", { name: "ben" })).rejects.toMatchObject({
      code: "forbidden",
    });
    await room.leave();
    await expect(room.chat("?")).rejects.toMatchObject({ code: "left" });
  });

  test("what is not JSON is refused with a typed error, and harms nothing", async () => {
    const of = client(relay, { flavour });
    const room = await of.join(`odd ${flavour.subprotocol}`);
    const circle: { [name: string]: unknown } = {};
    circle.itself = circle;
    for (const odd of [undefined, () => 1, 10n, circle] as unknown as Json[]) {
      const error = { code: "bad_value", field: "payload" };
      await expect(room.chat(odd)).rejects.toMatchObject(error);
      await expect(room.send(odd)).rejects.toMatchObject(error);
      await expect(of.direct(of.id, odd)).rejects.toMatchObject(error);
    }
    const told = next<PerseidError>(room, "error");
    room.state.set("e1", { x: 10n } as never);
    expect(await told).toMatchObject({ code: "bad_value" });
    expect((await room.chat("fine")).seq).toBe(1);
  });

  test("the clock and the link are measured", async () => {
    const ana = client(relay, { flavour, pingIntervalMs: 50 });
    const room = await ana.join(roomName());
    await until(() => ana.latency.pings >= 8);
    await room.chat("hi");
    await until(() => ana.stats().lanes.chat.messagesIn === 1); // It may come behind its answer.
    const { lanes, latency, ack } = ana.stats();
    expect(latency.rttMinMs).toBeLessThanOrEqual(latency.p95Ms);
    // The same clock on both sides, read in whole ms by each.
    expect(Math.abs(latency.offsetMs)).toBeLessThanOrEqual(latency.p95Ms + 2);
    expect(lanes.chat).toMatchObject({ messagesIn: 1, messagesOut: 1, lost: 0 });
    expect(lanes.chat.bytesOut).toBeGreaterThan(10);
    expect(ack.count).toBe(1);
  });
});
