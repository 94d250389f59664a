// What of an encrypted room's payloads is sealed: all but what the relay has to read, in the
// table of sdk/cpp (tests/sdk/secure_test.cc) and in what a client hands to its socket.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Json, Message, NumberedLane } from "../src/messages.js";
import { NodeSocket } from "../src/node/socket.js";
import { opened, sealed } from "../src/room_cipher.js";
import { newRoomKey, roomCipher } from "../src/secure/index.js";
import { binary } from "../src/state/index.js";
import { client, Relay, until } from "./relay.js";

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start();
});
afterAll(() => relay.end());

const key = newRoomKey();
const cipherOf = () => roomCipher({ keys: { k1: key }, current: "k1" });

const kOpen = /^\{"(react|delete|typing)":/;
const kSealed = /^\{"e2e":"1\.k1\.[^"]+"\}$/;
const kText = /^\{"edit":\{"seq":7,"text":"1\.k1\.[^"]+"\}\}$/;

const kPayloads: [NumberedLane, Json, RegExp][] = [
  ["chat", { text: "secret" }, kSealed],
  ["player_action", { fire: ["secret", 2.5] }, kSealed],
  ["chat", ["secret"], kSealed],
  ["chat", {}, kSealed],
  ["chat", { edit: { seq: 7, text: "secret" } }, kText],
  ["chat", { react: { seq: 7, emoji: "+" } }, kOpen],
  ["chat", { delete: { seq: 7 } }, kOpen],
  ["chat", { typing: true }, kOpen],
  // What the relay need not read is sealed, whatever it is called.
  ["chat", { typing: true, text: "secret" }, kSealed],
  ["chat", { react: { seq: 7, emoji: "+" }, why: "secret" }, kSealed],
  ["chat", { edit: { seq: 7, text: "x" }, why: "secret" }, kSealed],
  ["chat", { edit: { seq: 7, note: "secret" } }, kSealed],
  ["chat", { edit: ["secret"] }, kSealed],
  ["player_action", { typing: true }, kSealed],
  ["player_action", { delete: "secret" }, kSealed],
  ["player_action", { react: { with: "secret" } }, kSealed],
  ["player_action", { edit: { seq: 7, text: "secret" } }, kSealed],
];

test.each(kPayloads)("%s of %j", async (lane, payload, wire) => {
  const plain = JSON.stringify(payload);
  const text = await sealed(await cipherOf(), "r", lane, "c1", plain);
  expect(text).toMatch(wire);
  expect(text).not.toContain("secret");
  if (wire === kOpen) expect(text).toBe(plain);
  const message = { lane, sender: "c1", timestamp: 1, payload: JSON.parse(text) as Json };
  const read = await opened(await cipherOf(), "r", message, true);
  expect(read.payload).toEqual(payload);
  expect(read.encrypted ?? false).toBe(wire !== kOpen);
});

test.each<[NumberedLane, Json]>([
  ["chat", { text: "trust me" }],
  ["chat", 1],
  ["chat", { typing: true, text: "trust me" }],
  ["chat", { edit: { seq: 1, text: "trust me" } }],
  ["chat", { e2e: 1 }],
  ["player_action", { typing: true }],
  ["player_action", { react: { seq: 1, emoji: "+" } }],
  ["player_action", { delete: { seq: 1 } }],
])("%s of %j in plain text is refused", async (lane, payload) => {
  const message: Message = { lane, sender: "c1", timestamp: 1, payload };
  const open = opened(await cipherOf(), "r", message, true);
  await expect(open).rejects.toMatchObject({ code: "undecryptable" });
});

test.each([
  { name: "json", flavour: undefined },
  { name: "binary", flavour: binary() },
])("the relay receives no secret, and the members read all: $name", async ({ flavour }) => {
  const received: string[] = [];
  class Recorded extends NodeSocket {
    override send(data: string | Uint8Array): void {
      received.push(typeof data === "string" ? data : Buffer.from(data).toString("latin1"));
      super.send(data);
    }
  }
  const room = `told ${flavour ? 1 : 0}`;
  const ana = await client(relay, { ...(flavour && { flavour }), WebSocket: Recorded }).join(room, {
    encryption: await cipherOf(),
  });
  const ben = await client(relay).join(room, { encryption: await cipherOf() });
  const heard: Json[] = [];
  const changes: Json[] = [];
  const failed: unknown[] = [];
  for (const name of ["chat", "action"] as const) {
    ben.on(name, ({ payload }) => heard.push(payload));
  }
  ben.on("change", ({ payload }) => changes.push(payload));
  ben.on("error", (error) => failed.push(error));
  const { seq = 0 } = await ana.chat("secret");
  const names = ["typing", "delete", "react", "edit"];
  const actions: Json[] = names.map((name) => ({ [name]: "secret" }));
  for (const [i, action] of actions.entries()) await ana.send(action, { ack: i % 2 === 0 });
  const chats: Json[] = [
    { typing: true, note: "secret" },
    { react: { seq, emoji: "+" }, note: "secret" },
  ];
  for (const chat of chats) await ana.chat(chat);
  await ana.react(seq, "+");
  const count = () => heard.length + changes.length + failed.length;
  await until(() => count() === 1 + actions.length + chats.length + 1);
  expect(failed).toEqual([]);
  expect(heard).toEqual(expect.arrayContaining([...actions, ...chats]));
  expect(changes).toEqual([{ react: { seq, emoji: "+" } }]); // The one that the relay has applied.
  expect(received.join("\n")).not.toContain("secret");
  expect(received.join("\n")).toContain('{"react":{"seq":1,"emoji":"+"}}'); // Which it applies.
});
