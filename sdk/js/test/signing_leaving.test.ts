// A client that signs and goes: what it said now or never goes out first, as without signing. And
// what it repeats, and the relay has forgotten.
import { expect, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import { until } from "./relay.js";
import { counts, ed25519, relayOf, signing } from "./signing_relay.js";

interface Said {
  type: string;
  op?: string;
  payload?: { i: number };
}
const said = (frames: string[]) => {
  const all = frames.map((frame) => JSON.parse(frame) as Said);
  return all.map(({ op, payload }) => op ?? payload?.i).filter((what) => what !== "ping");
};

test("a leave waits for what was said before it, and a join for the leave", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  for (let i = 0; i < 3; ++i) void room.send({ i }, { ack: false });
  const left = room.leave();
  const again = ana.join("lobby");
  await until(() => said(relay.frames).includes("leave"));
  await until(() => said(relay.frames).length === 7);
  expect(said(relay.frames)).toEqual(["hello", "join", 0, 1, 2, "leave", "join"]);
  const { id } = JSON.parse(relay.frames.find((each) => each.includes('"leave"'))!) as { id: number };
  relay.say({ type: "system", op: "left", room: "lobby", id });
  await left;
  await (await again).chat("here");
  await ana.room("lobby").send({ i: 3 });
  expect(counts(relay)).toEqual([1, 2, 3, 4, 5]);
});

test("a leave with nothing before it goes out at once", async () => {
  const relay = relayOf(ed25519());
  const room = await relay.client({ signing }).join("lobby");
  void room.leave();
  expect(said(relay.frames)).toEqual(["hello", "join", "leave"]);
});

test("close waits as well; the client is closed at once", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  for (let i = 0; i < 3; ++i) void room.send({ i }, { ack: false });
  ana.close();
  expect(ana.state).toBe("closed");
  await until(() => counts(relay).length === 3);
  void room.send({ i: 3 }, { ack: false });
  ana.reconnect();
  await ana.ready();
  await room.entered();
  await room.send({ i: 4 });
  expect(said(relay.frames)).toEqual(["hello", "join", 0, 1, 2, "hello", "join", 4]);
});

test("who opens a client again while it closes is connected anew", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  void room.send({ i: 0 }, { ack: false });
  ana.close();
  ana.reconnect();
  await room.send({ i: 1 });
  expect(relay.hellos.length).toBe(2);
});

test("more than may wait to be signed is told", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  const told: PerseidError[] = [];
  ana.on("error", (error) => told.push(error));
  for (let i = 0; i < 300; ++i) void room.send({ i }, { ack: false });
  await until(() => relay.published.length === 256);
  expect(told.map(({ code }) => code)).toEqual(Array(44).fill("queue_full"));
});

const replayed = { code: "replayed", message: "again", field: "payload.signed.count" };

test.each([
  ["repeated", true, "uncertain"],
  ["said once", false, "replayed"],
])("what is %s and called replayed", async (_, isRepeated, code) => {
  const relay = relayOf(ed25519());
  relay.isAcking = false;
  const room = await relay.client({ signing }).join("lobby");
  const publish = room.chat("one");
  await until(() => relay.published.length === 1);
  if (isRepeated) {
    relay.isResumed = true;
    relay.cut();
    await until(() => relay.published.length === 2);
  }
  relay.say({ type: "system", op: "error", id: relay.published[0]!.id, ...replayed });
  await expect(publish).rejects.toMatchObject({ code });
  expect(counts(relay)).toEqual(isRepeated ? [1, 1] : [1]);
  const next = room.chat("two");
  const isThere = () => relay.published.some(({ payload }) => JSON.stringify(payload).includes("two"));
  await until(isThere);
  relay.say({ type: "system", op: "error", id: relay.published.at(-1)!.id, ...replayed });
  await expect(next).rejects.toMatchObject({ code: "replayed" });
});
