// End-to-end encryption against its golden bytes (tests/vectors/e2e_v1.json): what the relay sees of
// each payload, sealed with a fixed key and salt, and what must not be opened. The format is frozen
// with the "1." at its beginning. To write them at all: PERSEID_REGENERATE=1 vitest run e2e_vectors
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Json, Message, NumberedLane } from "../src/messages.js";
import { opened, sealed } from "../src/room_cipher.js";
import { textOf } from "../src/secure/base64.js";
import { roomCipher } from "../src/secure/index.js";
import { cipherOf } from "../src/secure/room_cipher.js";
import { bytesOf, hexOf, repository, vectors } from "./support.js";

interface Where {
  room: string;
  lane: NumberedLane;
  sender: string;
}
interface Case extends Where {
  name: string;
  /** JSON, to be the same bytes; what the relay sees of it. */
  payload: string;
  wire: string;
}
interface Refused extends Where {
  name: string;
  wire: string;
}
interface Vectors {
  about: string;
  keys: { [id: string]: string };
  salt: string;
  /** What HKDF makes of the current key and the salt. */
  derived: string;
  current: string;
  /** In this order: each sealed one takes the next number. */
  messages: Case[];
  refused: Refused[];
}

const kFile = new URL("tests/vectors/e2e_v1.json", repository);
const kKeys = { k1: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
  "2026-11": "f0e1d2c3b4a5968778695a4b3c2d1e0f00112233445566778899aabbccddeeff" };
const kSalt = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const kAna = "c0200008000003";
const kBen = "c0200008000004";

const kSaid: [string, Where, Json][] = [
  ["a text", at("lobby", "chat", kAna), { text: "hi" }],
  ["an empty text", at("lobby", "chat", kAna), { text: "" }],
  ["beyond ASCII", at("lobby", "chat", kAna), { text: 'grüße, "日本" 🎲 \\ / \n\u0001' }],
  ["a room beyond ASCII", at('Zoë "🎲" \\', "chat", kBen), { text: "hi" }],
  ["an action", at("lobby", "player_action", kAna), { fire: [1, -2500.5, null, true] }],
  ["no object", at("lobby", "player_action", kAna), [1, "two", { three: [] }]],
  ["null", at("lobby", "player_action", kBen), null],
  ["long", at("lobby", "chat", kAna), { text: "perseid ".repeat(100) }],
  ["an edit: its text alone", at("lobby", "chat", kAna), { edit: { seq: 4, text: "bye 🎲" } }],
  ["a reaction: open", at("lobby", "chat", kBen), { react: { seq: 4, emoji: "🎲" } }],
  ["a deletion: open", at("lobby", "chat", kAna), { delete: { seq: 4 } }],
  ["typing: open", at("lobby", "chat", kAna), { typing: true }],
  ["after the open ones", at("lobby", "chat", kAna), { text: "the number goes on" }],
];

function at(room: string, lane: NumberedLane, sender: string): Where {
  return { room, lane, sender };
}

const keysOf = (hex: { [id: string]: string }) =>
  Object.fromEntries(Object.entries(hex).map(([id, key]) => [id, bytesOf(key)]));
const fixed = ({ keys, current, salt }: Pick<Vectors, "keys" | "current" | "salt">) =>
  cipherOf({ keys: keysOf(keys), current }, bytesOf(salt));

async function derivedOf(key: string, salt: string): Promise<string> {
  const from = await crypto.subtle.importKey("raw", bytesOf(key), "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode("perseid room key 1");
  const how = { name: "HKDF", hash: "SHA-256", salt: bytesOf(salt), info };
  return hexOf(new Uint8Array(await crypto.subtle.deriveBits(how, from, 256)));
}

async function made(): Promise<Vectors> {
  const given = { keys: kKeys, salt: kSalt, current: "k1" };
  const cipher = await fixed(given);
  const messages: Case[] = [];
  for (const [name, where, said] of kSaid) {
    const { room, lane, sender } = where;
    const wire = await sealed(cipher, room, lane, sender, JSON.stringify(said));
    messages.push({ name, ...where, payload: JSON.stringify(said), wire });
  }
  return {
    about: "AES-256-GCM of key HKDF-SHA-256(key, salt, 'perseid room key 1'), nonce 4 zero bytes and " +
      "the number (8 bytes, big endian); authenticated besides: all before the last dot, then the " +
      "JSON [room,lane,sender].",
    ...given,
    derived: await derivedOf(kKeys.k1, kSalt),
    messages,
    refused: refusedOf(messages[0]!),
  };
}

// Each differs in one thing from a message that is opened.
function refusedOf({ room, lane, sender, wire }: Case): Refused[] {
  const { e2e } = JSON.parse(wire) as { e2e: string };
  const [version, id, salt, number, body] = e2e.split(".") as [string, string, string, string, string];
  const bytes = Buffer.from(body, "base64url");
  const text = (...parts: string[]) => JSON.stringify({ e2e: parts.join(".") });
  const bent = (from: number, to = from + 1) => {
    const copy = Uint8Array.from(bytes);
    for (let i = from; i < to; ++i) copy[i]! ^= 1;
    return textOf(copy);
  };
  const where = { room, lane, sender };
  const list: { [name: string]: Partial<Refused> } = {
    "another room": { room: "lobby2" },
    "another lane": { lane: "player_action" },
    "another sender": { sender: kBen },
    "ciphertext changed": { wire: text(version, id, salt, number, bent(0)) },
    "tag changed": { wire: text(version, id, salt, number, bent(bytes.length - 1)) },
    "tag cut off": { wire: text(version, id, salt, number, textOf(bytes.subarray(0, -16))) },
    "one byte less": { wire: text(version, id, salt, number, textOf(bytes.subarray(0, -1))) },
    "another number": { wire: text(version, id, salt, "1", body) },
    "number written otherwise": { wire: text(version, id, salt, "00", body) },
    "another key": { wire: text(version, "2026-11", salt, number, body) },
    "unknown key": { wire: text(version, "k9", salt, number, body) },
    "another salt": { wire: text(version, id, "AAAAAAAAAAAAAAAAAAAAAA", number, body) },
    "a version to come": { wire: text("2", id, salt, number, body) },
    "padded": { wire: text(version, id, salt, number, `${body}=`) },
    "nothing": { wire: text(version, id, salt, number, "") },
    "not sealed": { wire: '{"text":"hi"}' },
    "not a text": { wire: '{"e2e":7}' },
    "no object": { wire: '"hi"' },
  };
  return Object.entries(list).map(([name, other]) => ({ name, ...where, wire, ...other }));
}

// One message a line, so that a change shows which.
function fileOf({ messages, refused, ...head }: Vectors): string {
  const rows = (list: object[]) => list.map((each) => `    ${JSON.stringify(each)}`).join(",\n");
  const first = JSON.stringify(head, undefined, 2).slice(0, -2);
  return `${first},\n  "messages": [\n${rows(messages)}\n  ],\n  "refused": [\n${rows(refused)}\n  ]\n}\n`;
}

const openedBy = (cipher: Awaited<ReturnType<typeof fixed>>, { wire, ...each }: Where & { wire: string }) => {
  const payload = JSON.parse(wire) as Json;
  return opened(cipher, each.room, { ...each, payload, timestamp: 0 } as Message, true);
};

test("what is sealed here are the golden bytes", async () => {
  const text = fileOf(await made());
  if (process.env.PERSEID_REGENERATE) writeFileSync(kFile, text);
  expect(JSON.parse(text)).toEqual(vectors("e2e_v1.json"));
});

test("the golden bytes are opened by who has the key, once", async () => {
  const { messages, ...given } = vectors<Vectors>("e2e_v1.json");
  const cipher = await roomCipher({ keys: keysOf(given.keys), current: "2026-11" });
  for (const each of messages) {
    const { payload, encrypted } = await openedBy(cipher, each);
    expect(JSON.stringify(payload), each.name).toBe(each.payload);
    const isOpen = each.wire === each.payload;
    expect(encrypted ?? false, each.name).toBe(!isOpen);
    if (!isOpen) await expect(openedBy(cipher, each), each.name).rejects.toThrow("replay");
  }
  expect(messages.filter(({ wire }) => wire.includes("1.k1.")).length).toBeGreaterThan(8);
});

test("what differs in one thing is refused", async () => {
  const { messages, refused, ...given } = vectors<Vectors>("e2e_v1.json");
  const cipher = await fixed(given);
  for (const each of refused) {
    const error = { code: "undecryptable" };
    await expect(openedBy(cipher, each), each.name).rejects.toMatchObject(error);
  }
  expect((await openedBy(cipher, messages[0]!)).encrypted).toBe(true);
});

test("what a member sealed wrongly is refused as well", async () => {
  const cipher = await fixed({ keys: kKeys, salt: kSalt, current: "k1" });
  const where = at("lobby", "chat", kAna);
  const e2e = await cipher.seal("{", JSON.stringify(Object.values(where)));
  const error = { code: "undecryptable" };
  await expect(openedBy(cipher, { ...where, wire: JSON.stringify({ e2e }) })).rejects.toMatchObject(error);
});
