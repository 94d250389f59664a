// Payloads that look signed and are not, said by whoever may speak: nobody's client fails on them,
// nobody's key is shown for them, and they stay what was said. The text counts, by the byte.
import { expect, test } from "vitest";
import type { Json, Message } from "../src/messages.js";
import { verify } from "../src/secure/index.js";
import { next, until } from "./relay.js";
import { forms, key, kNonce, ed25519, relayOf, signing } from "./signing_relay.js";

const kAny = [
  ...["null", "true", "false", "0", "7", "-1.5", '""', '"x"', "[]", "{}", "[[1]]"],
  ...['{"toString":0}', '{"valueOf":null,"toString":{}}', '["A"]', '{"count":1}', '{"count":{}}'],
  ...[`"${"A".repeat(43)}"`, `"${"A".repeat(86)}"`, `["${"A".repeat(86)}"]`, '{"__proto__":1}'],
  ...[`{"key":"${key}","nonce":"${kNonce}","count":1}`, `{"key":{"a":1},"count":1}`],
];

const signed = `"signed":{"key":"${key}","nonce":"${kNonce}","count":7}`;
const signature = `"signature":"${"A".repeat(86)}"`;
const kNear = [
  `{"text":"hi", ${signed},${signature}}`,
  `{"text":"hi",${signed}, ${signature}}`,
  `{"text":"hi",${signed},${signature} }`,
  `{ ${signed},${signature}}`,
  `{"text":"hi",${signed.replace(":7", ": 7")},${signature}}`,
  `{"text":"hi",${signed.replace(":7", ":7.0")},${signature}}`,
  `{"text":"hi",${signed.replace(":7", ":7e0")},${signature}}`,
  `{"text":"hi",${signed.replace(":7", ":0")},${signature}}`,
  `{"text":"hi",${signed.replace(":7", ":9007199254740993")},${signature}}`,
  `{"text":"hi",${signed.replace("signed", "\\u0073igned")},${signature}}`,
  `{"text":"hi",${signed},${signature.replace("signature", "\\u0073ignature")}}`,
  `{"text":"hi",${signed},${signature.replace("A", "\\u0041")}}`,
  `{"text":"hi",${signed},${signature.replace('A"', 'B"')}}`,
  `{"text":"hi",${signed},"signature":"${"A".repeat(43)}"}`,
  `{"text":"hi","signed":{"count":7},${signature}}`,
  `{"text":"hi","signed":{"nonce":"${kNonce}","key":"${key}","count":7},${signature}}`,
  `{"text":"hi","signed":{"key":"${key}","nonce":"${kNonce}","count":7,"x":1},${signature}}`,
  `{${signature},${signed},"text":"hi"}`,
  `{"text":"hi",${signature},${signed}}`,
  `{${signed},"text":"hi",${signature}}`,
  `{${signed},${signature},"text":"hi"}`,
  `{"a":{"text":"hi",${signed},${signature}}}`,
  `[{"text":"hi",${signed},${signature}}]`,
  JSON.stringify(`{"text":"hi",${signed},${signature}}`),
];

// These are in the form.
const kForms = [
  `${signed},${signature}}`,
  `${signed.replace(":7", ":1")},${signature}}`,
  `"signed":{"count":1},"signature":"${"A".repeat(43)}"}`,
];

const kAll = [
  ...kAny.flatMap((one) => kAny.map((other) => `{"signed":${one},"signature":${other}}`)),
  ...kAny.flatMap((any) => [`{"text":"hi",${signed},"signature":${any}}`, `{"signed":${any}}`]),
  ...kAny.flatMap((any) => [`{"text":"hi","signed":${any},${signature}}`, `{"signature":${any}}`]),
  ...kNear,
].filter((text) => !kForms.some((form) => text.endsWith(form)));

test("live they are heard as they are, all on one connection", async () => {
  const relay = relayOf(undefined);
  const client = relay.client({});
  const room = await client.join("lobby");
  const heard: Message[] = [];
  room.on("chat", (message) => heard.push(message));
  client.on("direct", (message) => heard.push(message));
  kAll.forEach((text, i) => relay.chat(text, `"room":"lobby","seq":${i + 1}`));
  for (const text of kAll) relay.chat(text, `"to":"${client.id}"`);
  await until(() => heard.length === 2 * kAll.length);
  const said = [...kAll, ...kAll].map((text) => JSON.parse(text) as Json);
  expect(heard.map(({ payload }) => payload)).toEqual(said);
  expect(heard.filter((message) => "signed" in message)).toEqual([]);
  expect(relay.hellos.length).toBe(1);
});

test("in a history they are as they are, beside what is signed", async () => {
  const relay = relayOf(ed25519());
  const room = await relay.client({ signing }).join("lobby");
  await room.chat("truly");
  const mine = forms(relay)[0]!.payload;
  const history = room.history();
  await until(() => relay.frames.some((frame) => frame.includes('"op":"history"')));
  const { id } = JSON.parse(relay.frames.at(-1)!) as { id: number };
  const list = [...kAll, mine].map((text, i) => `{"type":"chat","seq":${i + 1},"payload":${text}}`);
  relay.say(`{"type":"system","op":"history","id":${id},"room":"lobby","messages":[${list.join()}]}`);
  const messages = await history;
  const last = messages.pop()!;
  expect(messages.map(({ payload }) => payload)).toEqual(kAll.map((text) => JSON.parse(text) as Json));
  expect(messages.filter((message) => "signed" in message)).toEqual([]);
  expect(last).toMatchObject({ payload: { text: "truly" }, signed: { key, raw: mine } });
  expect(await verify(last)).toBe(true);
});

test("a message of a history holds its own text alone", async () => {
  const relay = relayOf(ed25519());
  const room = await relay.client({ signing }).join("lobby");
  await room.chat("x");
  const payload = forms(relay)[0]!.payload;
  const history = room.history();
  await until(() => relay.frames.some((frame) => frame.includes('"op":"history"')));
  const { id } = JSON.parse(relay.frames.at(-1)!) as { id: number };
  const list = Array.from({ length: 50 }, (_, i) => `{"type":"chat","seq":${i},"payload":${payload}}`);
  const text = `{"type":"system","op":"history","id":${id},"room":"lobby","messages":[${list.join()}]}`;
  relay.say(text);
  expect(JSON.stringify(await history).length).toBeLessThan(5 * text.length);
});

test("what only the text tells from a signature is told by the text alone", async () => {
  const relay = relayOf(undefined);
  const room = await relay.client({}).join("lobby");
  const form = `{"text":"hi",${signed},${signature}}`;
  const shown = next<Message>(room, "chat");
  relay.chat(form);
  // In the very form it claims a key, which the relay has made sure of.
  expect(await shown).toMatchObject({ payload: { text: "hi" }, signed: { key, raw: form } });
  const stays = next<Message>(room, "chat");
  relay.chat(form.replace('","signed', '" ,"signed'), '"room":"lobby","seq":2');
  expect((await stays).signed?.key).toBe(key); // White space of the sender's own words.
});
