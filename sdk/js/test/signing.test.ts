// A client that signs, before a relay of the test's own: what it says, in which order, and what it
// does where it cannot sign. Nothing may ever go unsigned.
import { expect, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import type { Json, Message } from "../src/messages.js";
import { hmacSigner, newRoomKey, roomCipher, verify } from "../src/secure/index.js";
import { ed25519Scheme } from "../src/secure/signers.js";
import type { Signing, SigningTerms } from "../src/signing.js";
import { next, until } from "./relay.js";
import { counts, ed25519, forms, hmac, key, keys, kNonce, kOther } from "./signing_relay.js";
import { relayOf, signing } from "./signing_relay.js";

test("hello says how it signs, and all chat and actions are signed, in order", async () => {
  const relay = relayOf(ed25519({ count: 40 }));
  const ana = relay.client({ name: "ana", signing });
  const room = await ana.join("lobby");
  expect(relay.hellos).toMatchObject([{ signing: "ed25519", signing_key: key, name: "ana" }]);
  await room.chat("one");
  await Promise.all([room.chat({ text: "two", data: 2 }), room.send({ fire: 3 }), room.react(1, "+")]);
  await room.edit(1, "five");
  await room.remove(1);
  await ana.direct("@ben", "seven");
  await ana.direct("c0400000000012", { wave: true }, "player_action");
  room.typing();
  void room.send({ now: true }, { ack: false });
  await until(() => relay.published.length === 10);
  expect(counts(relay)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
  const said = relay.published.map(({ type, room, to, payload }) => [type, room ?? to, payload]);
  const by = { signed: { key, nonce: kNonce }, signature: expect.any(String) as string };
  expect(said).toMatchObject([
    ["chat", "lobby", { text: "one", ...by }],
    ["chat", "lobby", { text: "two", data: 2, ...by }],
    ["player_action", "lobby", { fire: 3, ...by }],
    ["chat", "lobby", { react: { seq: 1, emoji: "+" }, ...by }],
    ["chat", "lobby", { edit: { seq: 1, text: "five" }, ...by }],
    ["chat", "lobby", { delete: { seq: 1 }, ...by }],
    ["chat", "@ben", { text: "seven", ...by }],
    ["player_action", "c0400000000012", { wave: true, ...by }],
    ["chat", "lobby", { typing: true, ...by }],
    ["player_action", "lobby", { now: true, ...by }],
  ]);
});

test("what is signed is what others verify, in rooms, privately and in a history", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ name: "ana", signing });
  const room = await ana.join("lobby");
  const ben = relayOf(undefined);
  ben.id = "c0400000000012";
  const reader = ben.client({ name: "ben" });
  const theirs = await reader.join("lobby");
  await room.chat("hi");
  await ana.direct("@ben", "psst");
  await ana.direct(reader.id, "to you");
  await ana.direct("@zoe", "to another");
  const [inRoom, toName, toId, toZoe] = forms(relay).map(({ payload }) => payload);
  const privately = `"to":"${reader.id}"`;
  const heard = next<Message>(theirs, "chat");
  ben.chat(inRoom!);
  const message = await heard;
  expect(message).toMatchObject({ payload: { text: "hi" }, signed: { key, nonce: kNonce, count: 1 } });
  expect(message).not.toHaveProperty("raw");
  expect(await verify(message)).toBe(true);
  const told: Message[] = [];
  reader.on("direct", (each) => told.push(each));
  for (const payload of [toName!, toId!, toZoe!, inRoom!]) ben.chat(payload, privately);
  expect(await Promise.all(told.map((each) => verify(each)))).toEqual([true, true, false, false]);
  expect(await verify(told[2]!, { name: "zoe" })).toBe(true); // A token's name, say.
  expect(await verify(message, { name: "zoe" })).toBe(true);

  // A history: two as they were, one edited (its new text comes first), one deleted, one unsigned.
  const history = theirs.history();
  await until(() => ben.frames.some((frame) => frame.includes('"op":"history"')));
  const { id } = JSON.parse(ben.frames.at(-1)!) as { id: number };
  const edited = inRoom!.replace('"hi"', '"ho"');
  const list = [
    ["", inRoom],
    [',"reactions":[{"emoji":"}","count":1}]', inRoom],
    [',"edited":true,"edited_timestamp":5', edited],
    [',"deleted":true', "{}"],
    ["", '{"text":"\\"payload\\":"}'],
    ["", toName],
  ].map(([marks, payload], i) => `{"type":"chat","seq":${i}${marks},"payload":${payload}}`);
  ben.say(`{"type":"system","op":"history","id":${id},"room":"lobby","messages":[${list.join()}]}`);
  const read = await history;
  expect(read.map(({ payload }) => payload)).toEqual([
    ...[{ text: "hi" }, { text: "hi" }, { text: "ho" }, {}, { text: '"payload":' }, { text: "psst" }],
  ]);
  expect(read.map(({ signed }) => signed !== undefined)).toEqual([true, true, false, false, false, true]);
  const verified = await Promise.all(read.map((each) => verify(each)));
  expect(verified).toEqual([true, true, false, false, false, false]);
});

test.each<[string, Signing | undefined, SigningTerms | undefined, RegExp]>([
  ["an older relay", signing, undefined, /takes no signatures/],
  ["an older relay, HMAC", hmacSigner(), undefined, /takes no signatures/],
  ["a token that says to sign", undefined, ed25519(), /has to sign \(ed25519\).*`signing`/],
  ["another key", signing, ed25519({ key: "B".repeat(43) }), /with the key BBB/],
  ["another way", hmacSigner(), ed25519(), /with the key/],
  ["the other way", signing, hmac, /by hmac-sha256/],
])("%s: that is an error, and nothing is said", async (_, signing, terms, message) => {
  const relay = relayOf(terms);
  const ana = relay.client({ ...(signing && { signing }) });
  const joined = ana.join("lobby");
  const room = ana.room("lobby");
  const said = room.chat("hi");
  const error = { code: "unsupported", message: expect.stringMatching(message) as string };
  for (const each of [ana.ready(), joined, said]) await expect(each).rejects.toMatchObject(error);
  expect(ana.state).toBe("closed");
  room.typing();
  await expect(ana.direct("@ben", "psst")).rejects.toMatchObject(error);
  expect(relay.published).toEqual([]);
  expect(JSON.stringify(error.message)).not.toContain(hmac.key);
});

test("a relay that stops to take signatures when the session goes on is refused", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  await room.chat("one");
  relay.terms = undefined;
  relay.isResumed = true;
  relay.cut();
  await expect(room.chat("two")).rejects.toMatchObject({ code: "unsupported" });
  expect(counts(relay)).toEqual([1]);
});

test("only objects are signed, and no names of the signature's", async () => {
  const relay = relayOf(ed25519());
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  const code = { code: "bad_value", field: "payload" };
  const payloads: Json[] = [7, null, [1], { signed: 1, text: "hi" }, { signature: "x" }];
  for (const payload of payloads) {
    await expect(room.send(payload)).rejects.toMatchObject(code);
    await expect(ana.direct("@ben", payload)).rejects.toMatchObject(code);
    const told = next<PerseidError>(ana, "error");
    void room.send(payload, { ack: false });
    expect(await told).toMatchObject(code);
  }
  await room.chat({ text: "well", inner: { signed: 1, signature: 2 }, quote: '"signed"' });
  expect(forms(relay).length).toBe(1);
});

test("state is not signed", async () => {
  const relay = relayOf(ed25519());
  const room = await relay.client({ signing }).join("lobby");
  room.state.set("e1", { x: 1 });
  await room.state.flush();
  expect(relay.published).toMatchObject([{ type: "game_state", payload: { set: { e1: { x: 1 } } } }]);
  expect(relay.frames.at(-1)).not.toContain("signature");
});

test("HMAC signs with the session's key", async () => {
  const relay = relayOf(hmac);
  const room = await relay.client({ signing: hmacSigner() }).join("lobby");
  await room.chat("hi");
  expect(relay.hellos[0]).toMatchObject({ signing: "hmac-sha256" });
  expect(relay.hellos[0]).not.toHaveProperty("signing_key");
  const how = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(32), how, false, ["verify"]);
  const [form] = forms(relay);
  const text = `perseid-signature-v1\nchat\nroom lobby\n${form!.head}`;
  const signature = Buffer.from(form!.signature, "base64url");
  const signed = Buffer.from(text);
  expect(await crypto.subtle.verify("HMAC", secret, signature, signed)).toBe(true);
});

test("a session goes on: the same text with the same id, and no count again", async () => {
  const relay = relayOf(ed25519());
  relay.isAcking = false;
  const room = await relay.client({ signing }).join("lobby");
  const said = [room.chat("one"), room.chat("two")];
  await until(() => relay.published.length === 2);
  relay.isResumed = true;
  relay.terms = ed25519({ count: 1 }); // Of the second it knows nothing.
  relay.cut();
  const third = room.chat("three");
  await until(() => relay.published.length === 5);
  const frames = relay.frames.filter((each) => each.includes('"type":"chat"'));
  expect(frames.slice(2, 4)).toEqual(frames.slice(0, 2));
  expect(counts(relay)).toEqual([1, 2, 1, 2, 3]);
  for (const { id } of relay.published.slice(2)) relay.ack(id!);
  await Promise.all([...said, third]);
});

test("a page that was loaded anew goes on behind the counts of before", async () => {
  const relay = relayOf(ed25519({ count: 7 }));
  relay.isResumed = true;
  const ana = relay.client({ signing, session: "s1" });
  const room = await ana.join("lobby");
  await room.chat("hi");
  expect(counts(relay)).toEqual([8]);
});

test("a session is lost: what was under way is signed anew, and what came is known again", async () => {
  const relay = relayOf(ed25519());
  relay.isAcking = false;
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  const [before] = [ana.id];
  const [first, second] = [room.chat("one"), room.chat("two")];
  await until(() => relay.published.length === 2);
  relay.terms = ed25519({ nonce: kOther });
  relay.id = "c0200008000004";
  relay.cut();
  await until(() => relay.hellos.length === 2 && ana.state === "open" && ana.id === relay.id);
  await until(() => relay.published.length >= 4);
  expect(forms(relay).map(({ nonce }) => nonce)).toEqual([kNonce, kNonce, kOther, kOther]);
  expect(relay.published[2]).toMatchObject({ payload: { text: "one" }, id: relay.published[0]!.id });

  // A third session, whose room tells that the first was delivered in the first session.
  relay.terms = ed25519();
  relay.id = "c0200008000005";
  const delivered = forms(relay)[0]!.payload;
  const stop = room.on("joined", () => relay.chat(delivered, '"room":"lobby","seq":1', before));
  relay.cut();
  expect((await first).seq).toBe(1);
  stop();
  await until(() => relay.published.length === 5);
  expect(relay.published[4]).toMatchObject({ payload: { text: "two", signed: { nonce: kNonce } } });
  const all = counts(relay);
  expect(new Set(all).size).toBe(all.length); // Also where a relay draws a nonce twice.
  relay.ack(relay.published[4]!.id!);
  await second;
});

test("in an encrypted room the signature is of what was sealed", async () => {
  const secret = newRoomKey();
  const cipher = () => roomCipher({ keys: { k1: secret }, current: "k1" });
  const relay = relayOf(ed25519());
  const mine = await relay.client({ signing }).join("lobby", { encryption: await cipher() });
  const ben = relayOf(undefined);
  const theirs = await ben.client({}).join("lobby", { encryption: await cipher() });
  await mine.chat("secret");
  await mine.send([1, 2]); // Sealed, it is an object.
  await mine.edit(1, "secret too");
  await mine.react(1, "+");
  mine.typing();
  await until(() => relay.published.length === 5);
  expect(relay.frames.join()).not.toContain("secret");
  const heard: Message[] = [];
  const failed: PerseidError[] = [];
  for (const name of ["chat", "action", "change"] as const) theirs.on(name, (each) => heard.push(each));
  theirs.on("error", (error) => failed.push(error));
  const typing = next(theirs, "typing");
  for (const [i, { payload }] of forms(relay).entries()) {
    const place = i === 4 ? '"room":"lobby"' : `"room":"lobby","seq":${i === 1 ? 1 : i + 1}`;
    const rest = `"sender":"${relay.id}","timestamp":1,"payload":${payload}}`;
    ben.say(`{"type":"${i === 1 ? "player_action" : "chat"}",${place},${rest}`);
  }
  await typing;
  expect(failed).toEqual([]);
  expect(heard.map(({ payload }) => payload)).toEqual([
    ...[{ text: "secret" }, [1, 2], { edit: { seq: 1, text: "secret too" } }],
    { react: { seq: 1, emoji: "+" } },
  ]);
  expect(await Promise.all(heard.map((each) => verify(each)))).toEqual([true, true, true, true]);
});

test("clients may share what they sign with, and count by themselves", async () => {
  const scheme = await ed25519Scheme(keys);
  expect(scheme.key).toBe(key);
  const relays = [relayOf(ed25519()), relayOf(ed25519({ nonce: kOther }))];
  for (const relay of relays) {
    const room = await relay.client({ signing }).join("lobby");
    await room.chat("hi");
    expect(counts(relay)).toEqual([1]);
  }
});
