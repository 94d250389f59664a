// Signed payloads by the vectors of docs/protocol.md, written and verified; and what a relay or a
// sender that means ill could pass for one.
import { describe, expect, test, vi, onTestFinished } from "vitest";
import { json } from "../src/flavour.js";
import type { Message, NumberedLane } from "../src/messages.js";
import { ofRelay } from "../src/payload.js";
import {
  ed25519Signer,
  exportSigningKeys,
  hmacSigner,
  importSigningKeys,
  newSigningKeys,
  publicSigningKey,
  verifier,
  verify,
} from "../src/secure/index.js";
import { bytesOf } from "../src/secure/base64.js";
import { formOf, headOf, payloadsIn, textToSign } from "../src/secure/signed_form.js";
import { ed25519Scheme, kHmac } from "../src/secure/signers.js";
import { vectors } from "./support.js";

interface Row {
  name: string;
  algorithm: "ed25519" | "hmac-sha256";
  type: NumberedLane;
  place: string;
  body: string;
  count: number;
  text: string;
  payload: string;
}
const { ed25519, "hmac-sha256": hmac, signed, not_signed } = vectors<{
  ed25519: { seed: string; key: string; nonce: string };
  "hmac-sha256": { key: string };
  signed: Row[];
  not_signed: { name: string; algorithm: string; payload: string }[];
}>("signature_v1.json");

const keys = await importSigningKeys({ x: ed25519.key, d: ed25519.seed });
const rows = signed.filter(({ algorithm }) => algorithm === "ed25519");
const [first] = rows;

/** As a client hears it that is in the place. */
function heard(payload: string, { type = "chat", place = "room lobby" }: Partial<Row> = {}): Message {
  const [kind, ...name] = place.split(" ");
  const target = kind === "room" ? `"room":${JSON.stringify(name.join(" "))},"seq":1` : '"to":"c1"';
  const rest = `"sender":"c0400000000012","timestamp":1,"payload":${payload}`;
  const message = json.read(`{"type":"${type}",${target},${rest}}`) as Message & { raw: string };
  return ofRelay(message, [place], message.raw);
}

test.each(signed)("written: $name, $algorithm", async (row) => {
  const isOpen = row.algorithm === "ed25519";
  const scheme = isOpen ? await ed25519Scheme(keys) : kHmac;
  const { nonce } = ed25519;
  const terms = { algorithm: row.algorithm, key: isOpen ? ed25519.key : hmac.key, nonce, count: 0 };
  const sign = scheme.session(terms);
  expect(await sign(row.count, row.type, row.place, row.body)).toBe(row.payload);
  const form = formOf(row.payload)!;
  expect(new TextDecoder().decode(textToSign(row.type, row.place, form.head))).toBe(row.text);
  expect(form).toMatchObject({ body: row.body, count: row.count, ...(isOpen && { nonce }) });
});

test.each(rows)("verified: $name", async (row) => {
  const message = heard(row.payload, row);
  const { signed: _, signature: __, ...own } = JSON.parse(row.body) as { [key: string]: unknown };
  expect(message.payload).toEqual(own);
  const { key, nonce } = ed25519;
  expect(message.signed).toMatchObject({ key, nonce, count: row.count });
  expect(await verify(message)).toBe(true);
  expect(await verify(heard(row.payload, { ...row, place: `${row.place}.` }))).toBe(false);
  const type = row.type === "chat" ? "player_action" : "chat";
  expect(await verify(heard(row.payload, { ...row, type }))).toBe(false);
});

test.each(signed.filter(({ algorithm }) => algorithm !== "ed25519"))(
  "of HMAC the sender's payload is seen, and nothing to verify: $name",
  async ({ payload, type, place, body }) => {
    const message = heard(payload, { type, place });
    expect(message.payload).not.toHaveProperty("signature");
    expect(Object.keys(JSON.parse(body))).toEqual(expect.arrayContaining(Object.keys(message.payload!)));
    expect(message.signed).toBeUndefined();
    expect(await verify(message)).toBe(false);
  },
);

test.each(not_signed)("in no form: $name, $algorithm", async ({ payload }) => {
  expect(formOf(payload)).toBeUndefined();
  let message: Message;
  try {
    message = heard(payload);
  } catch {
    return; // A leading zero is no JSON: nobody hears it.
  }
  expect(await verify(message)).toBe(false);
});

test("no other letter is as good, anywhere", async () => {
  const { payload } = first!;
  for (let i = 0; i < payload.length; ++i) {
    const other = payload[i] === "B" ? "C" : "B";
    const bent = payload.slice(0, i) + other + payload.slice(i + 1);
    let message: Message;
    try {
      message = heard(bent);
    } catch {
      continue;
    }
    expect(await verify(message), bent).toBe(false);
  }
});

test("another's signature, key or words are not taken for it", async () => {
  const other = await ed25519Scheme(await newSigningKeys());
  const sign = other.session({ algorithm: "ed25519", key: other.key!, nonce: ed25519.nonce, count: 0 });
  const theirs = heard(await sign(1, "chat", "room lobby", '{"text":"hi"}'));
  expect(theirs.signed!.key).toBe(other.key);
  expect(await verify(theirs)).toBe(true); // By a key that is not ana's.
  const mine = heard(first!.payload);
  const signature = theirs.signed!.signature;
  const mixed = first!.payload.replace(mine.signed!.signature, signature);
  expect(await verify(heard(mixed))).toBe(false);
  expect(await verify(heard(first!.payload.replace(ed25519.key, other.key!)))).toBe(false);
  expect(await verify({ ...mine, signed: { ...mine.signed!, key: other.key! } })).toBe(false);
  expect(await verify({ ...mine, signed: undefined })).toBe(false);
});

test("a key that is no point of the curve verifies nothing, and throws nothing", async () => {
  const none = `${"_".repeat(42)}8`;
  expect(await verify(heard(first!.payload.replace(ed25519.key, none)))).toBe(false);
});

test("what a relay shows beside what was signed is not taken for it", async () => {
  // The last of two of a name counts; and the payload is found by the first.
  const fake = { text: "pay eve" };
  const tail = first!.payload.slice('{"text":"hi"'.length);
  const frame = (payload: string) =>
    `{"type":"chat","room":"lobby","seq":1,"payload":${payload}`;
  for (const text of [
    frame(`${JSON.stringify(fake).slice(0, -1)}${tail},"payload":${first!.payload}}`),
    frame(`${first!.payload},"payload":${JSON.stringify(fake).slice(0, -1)}${tail}}`),
    frame(`${first!.payload.slice(0, -1)},"text":"pay eve"}}`),
  ]) {
    const message = json.read(text) as Message & { raw: string };
    const shown = ofRelay(message, ["room lobby"], message.raw);
    if (JSON.stringify(shown.payload) !== '{"text":"hi"}') expect(await verify(shown)).toBe(false);
  }
  const mine = heard(first!.payload);
  const signed = { ...mine.signed!, payload: fake };
  expect(await verify({ ...mine, payload: fake, signed })).toBe(false);
});

test("a relay cannot say itself who signed", () => {
  const claimed = json.read(
    '{"type":"chat","room":"lobby","seq":1,"signed":{"key":"x"},"raw":"y","payload":{"text":"hi"}}',
  ) as Message;
  expect(ofRelay(claimed, ["room lobby"])).toEqual({
    ...{ lane: "chat", room: "lobby", seq: 1, payload: { text: "hi" } },
  });
});

test("payloads that only look signed stay as they are", () => {
  const payloads = [
    { signed: { count: 1 }, signature: "by hand" },
    { signed: true, signature: "A".repeat(86) },
    { signed: { count: 1 } },
    { signature: "A".repeat(43) },
    { signed: null, signature: 7 },
    ["signed"],
    null,
    "signed",
    7,
  ];
  for (const payload of payloads) {
    const message = heard(JSON.stringify(payload));
    expect(message.payload).toEqual(payload);
    expect(message).not.toHaveProperty("signed");
    expect(message).not.toHaveProperty("raw");
  }
});

test("the payloads of a history are found whatever stands in them", () => {
  const payloads = [
    '{"text":"hi"}',
    '{"payload":{"payload":[1,{"a":"}]"}]}}',
    '"a \\"payload\\":{ \\\\"',
    "[[],{},[{}]]",
    '"\\"{"',
    '{"\\"]}":"["}',
    "7",
    "{}",
    `"${"x".repeat(70_000)}"`,
  ];
  const messages = payloads.map(
    (payload, i) =>
      `{"type":"chat","room":"a]}\\"payload\\":","seq":${i},"reactions":[{"emoji":"{","count":1}],` +
      `"payload":${payload}}`,
  );
  const text = `{"type":"system","op":"history","id":7,"room":"[{","messages":[${messages.join(",")}]}`;
  expect((JSON.parse(text) as { messages: unknown[] }).messages.length).toBe(payloads.length);
  expect(payloadsIn(text)).toEqual(payloads);
  expect(payloadsIn('{"op":"history","messages":[]}')).toEqual([]);
});

describe("a verifier", () => {
  const scheme = ed25519Scheme(keys);
  const said = async (count: number, nonce = ed25519.nonce) => {
    const { session, key } = await scheme;
    const sign = session({ algorithm: "ed25519", key: key!, nonce, count: 0 });
    return heard(await sign(count, "chat", "room lobby", '{"text":"hi"}'));
  };

  test("takes each count of a session once, live", async () => {
    const check = verifier({ replayWindow: 4 });
    const taken = [];
    for (const count of [1, 2, 2, 1, 9, 5, 7, 7]) taken.push(await check(await said(count)));
    expect(taken).toEqual([true, true, false, false, true, false, true, false]);
    expect(await check(await said(9, "AAAAAAAAAAAAAAAAAAAAAA"))).toBe(true);
    expect(await check({ ...(await said(9)), old: true })).toBe(true); // Of a history.
    expect(await check(heard('{"text":"hi"}'))).toBe(false);
  });

  test("is bounded: it forgets who was silent longest, and who forges uses up nothing", async () => {
    const check = verifier({ sessionsMax: 2 });
    for (let i = 0; i < 3; ++i) {
      const forged = (await said(1)).signed!;
      const raw = forged.raw!.replace('"hi"', '"ho"');
      expect(await check({ ...(await said(1)), signed: { ...forged, raw } })).toBe(false);
    }
    expect(await check(await said(1))).toBe(true);
    const others = ["A", "B", "C", "D"].map((letter) => `${letter.repeat(21)}A`);
    for (const [i, nonce] of others.entries()) {
      expect(await check(await said(1, nonce))).toBe(true);
      expect(await check(await said(i + 2))).toBe(true);
      expect(await check(await said(1, nonce))).toBe(false);
      expect(await check(await said(1))).toBe(false);
    }
    expect(await check(await said(1, others[3]))).toBe(false);
    expect(await check(await said(1, others[0]))).toBe(true); // Forgotten.
  });
});

test("keys are made, kept and known by their public one", async () => {
  const made = await newSigningKeys(true);
  const kept = await exportSigningKeys(made);
  expect(Object.keys(kept).sort()).toEqual(["crv", "d", "kty", "x"]);
  const again = await importSigningKeys(JSON.parse(JSON.stringify(kept)) as JsonWebKey);
  expect(await publicSigningKey(again)).toBe(kept.x);
  expect(await publicSigningKey(again)).toBe(await publicSigningKey(made));
  expect(bytesOf(kept.x!).length).toBe(32);
  const code = { code: "bad_value", field: "keys" };
  await expect(exportSigningKeys(again)).rejects.toMatchObject(code);
  await expect(exportSigningKeys(await newSigningKeys())).rejects.toMatchObject(code);
  for (const x of [undefined, "", "AAAA", `${kept.x}==`]) {
    await expect(importSigningKeys({ ...kept, x })).rejects.toMatchObject(code);
  }
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const others = await crypto.subtle.generateKey(curve, false, ["sign", "verify"]);
  await expect(ed25519Signer(others)).rejects.toMatchObject(code);
});

test("without Ed25519, or any WebCrypto, that is said, and nothing else is used", async () => {
  const kept = globalThis.crypto;
  onTestFinished(() => void vi.unstubAllGlobals());
  const none = () => Promise.reject(new DOMException("Unrecognized", "NotSupportedError"));
  const subtle = {
    ...{ generateKey: none, importKey: none, sign: none, verify: none },
    exportKey: kept.subtle.exportKey.bind(kept.subtle),
  };
  vi.stubGlobal("crypto", { subtle });
  const lacks = { code: "unsupported", message: expect.stringContaining("Ed25519") as string };
  await expect(newSigningKeys()).rejects.toMatchObject(lacks);
  await expect(importSigningKeys({ x: ed25519.key, d: ed25519.seed })).rejects.toMatchObject(lacks);
  await expect(ed25519Signer(keys)).rejects.toMatchObject(lacks);
  await expect(verify(heard(first!.payload))).rejects.toMatchObject(lacks);
  vi.stubGlobal("crypto", undefined);
  const missing = { code: "unsupported", message: expect.stringContaining("Node 18") as string };
  await expect(newSigningKeys()).rejects.toMatchObject(missing);
  expect(() => hmacSigner()).toThrow(expect.objectContaining(missing));
});

test("a comma stands before the form if anything does", () => {
  const alone = rows.find(({ body }) => body === "{}")!.payload;
  expect(formOf(alone)).toBeDefined();
  expect(formOf(`{,${alone.slice(1)}`)).toBeUndefined();
  expect(formOf(first!.payload.replace(',"signed"', '"signed"'))).toBeUndefined();
});

test("what is written stays a sender's own bytes", () => {
  expect(headOf("{}", "{}")).toBe('{"signed":{},"signature":"');
  expect(headOf('{"a":1.50 }', "{}")).toBe('{"a":1.50 ,"signed":{},"signature":"');
});
