// Signed messages through the real relay: it takes what this SDK signs and refuses the rest, and
// others verify it, in both flavours.
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import type { Json, Message } from "../src/messages.js";
import type { ConnectOptions } from "../src/options.js";
import {
  ed25519Signer,
  hmacSigner,
  newRoomKey,
  newSigningKeys,
  publicSigningKey,
  roomCipher,
  verifier,
  verify,
} from "../src/secure/index.js";
import { SessionSigner, type Scheme, type Sign } from "../src/secure/signer.js";
import { ed25519Scheme, kHmac } from "../src/secure/signers.js";
import type { Signing } from "../src/signing.js";
import { binary } from "../src/state/index.js";
import { loseSession } from "./lost_session.js";
import { Proxy } from "./proxy.js";
import { client, next, Relay, until } from "./relay.js";

const kSecret = "of thirty-two bytes, or a few more";
const kQuick = { attempts: 50, delayMs: 20, delayMaxMs: 200 };

const keys = await newSigningKeys();
const key = await publicSigningKey(keys);
const signing = await ed25519Signer(keys);

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start("--reconnect-delay-ms", "20");
});
afterAll(() => relay.end("SIGKILL"));

const kFlavours: [string, string, () => ConnectOptions, () => ConnectOptions][] = [
  ["json", "binary", () => ({}), () => ({ flavour: binary() })],
  ["binary", "json", () => ({ flavour: binary() }), () => ({})],
];

describe.each(kFlavours)("signed in %s, read in %s", (flavour, _, writes, reads) => {
  test("Ed25519: others verify it in rooms, privately and in the history", async () => {
    const name = `signed ${flavour} 🎲`;
    const ana = client(relay, { ...writes(), name: `ana ${flavour}`, signing });
    const ben = client(relay, { ...reads(), name: `ben ${flavour}` });
    const theirs = await ben.join(name);
    const heard: Message[] = [];
    const check = verifier();
    const results: Promise<boolean>[] = [];
    for (const event of ["chat", "action", "change"] as const) {
      theirs.on(event, (each) => {
        heard.push(each);
        results.push(check(each));
      });
    }
    ben.on("direct", (each) => {
      heard.push(each);
      results.push(check(each));
    });
    const mine = await ana.join(name);
    const { seq = 0 } = await mine.chat('hi, "Zoë" \\ 🎲');
    await mine.send({ fire: [1, -2.5e-7] });
    await mine.chat("to be edited");
    await mine.react(seq, "👍");
    await mine.edit(seq + 1, "edited");
    await ana.direct(`@ben ${flavour}`, "by name");
    await ana.direct(ben.id, { by: "id" }, "player_action");
    mine.typing();
    await next(theirs, "typing");
    await until(() => heard.length === 7);
    expect(await Promise.all(results)).toEqual(Array(7).fill(true));
    const payloads = heard.map(({ payload }) => payload);
    const edit = { edit: { seq: seq + 1, text: "edited" } };
    const said: Json[] = [{ text: 'hi, "Zoë" \\ 🎲' }, { fire: [1, -2.5e-7] }, edit, { by: "id" }];
    expect(payloads).toEqual(expect.arrayContaining([...said, { text: "by name" }]));
    expect(heard.every(({ signed, sender }) => signed?.key === key && sender === ana.id)).toBe(true);

    const read = await theirs.history();
    const told = read.map(({ payload, signed, reactions }) => [payload, !!signed, !!reactions]);
    expect(told).toEqual([
      [{ text: 'hi, "Zoë" \\ 🎲' }, true, true],
      [{ text: "edited" }, false, false],
    ]);
    expect(await Promise.all(read.map((each) => verify(each)))).toEqual([true, false]);

    const late = client(relay, reads());
    const old: Message[] = [];
    late.room(name).on("chat", (each) => old.push(each));
    await late.join(name, { history: 10 });
    await until(() => old.length === 2);
    expect(old.map(({ payload }) => payload)).toEqual(read.map(({ payload }) => payload));
    expect(await Promise.all(old.map((each) => verify(each)))).toEqual([true, false]);
  });

  test("HMAC: the relay takes it, and others see what was said", async () => {
    const room = `hmac ${flavour}`;
    const ana = client(relay, { ...writes(), signing: hmacSigner() });
    const theirs = await client(relay, reads()).join(room);
    const heard = next<Message>(theirs, "chat");
    const mine = await ana.join(room);
    await mine.chat("hi");
    await mine.send({ fire: 1 });
    const { payload, signed } = await heard;
    expect([payload, signed]).toEqual([{ text: "hi" }, undefined]);
    expect((await theirs.history()).map((each) => each.payload)).toEqual([{ text: "hi" }]);
  });

  test("a session goes on: all is told once, and in order", async () => {
    const room = `resumed ${flavour}`;
    const proxy = await Proxy.to(relay);
    const heard: Message[] = [];
    (await client(relay, reads()).join(room)).on("chat", (each) => heard.push(each));
    for (const signs of [signing, hmacSigner()]) {
      heard.length = 0;
      const ana = client(proxy.url, { ...writes(), signing: signs, reconnect: kQuick });
      const mine = await ana.join(room);
      const said = Array.from({ length: 90 }, (_, i) => mine.chat(String(i)));
      await until(() => heard.length > 10);
      proxy.cut();
      const more = Array.from({ length: 10 }, (_, i) => mine.chat(String(90 + i)));
      await Promise.all([...said, ...more]);
      await until(() => heard.length === 100);
      const texts = heard.map(({ payload }) => Number((payload as { text: string }).text));
      expect(texts).toEqual(Array.from({ length: 100 }, (_, i) => i));
      expect(ana.stats()).toMatchObject({ resumes: 1, reconnects: 0 });
    }
  });

  test.each([
    ["Ed25519", signing],
    ["HMAC", hmacSigner()],
  ])("a session is lost: signed anew, and said once, %s", async (how, signing) => {
    const room = `lost ${flavour} ${how}`;
    const proxy = await Proxy.to(relay);
    const heard: Message[] = [];
    (await client(relay, reads()).join(room)).on("chat", (message) => heard.push(message));
    const ana = client(proxy.url, { ...writes(), signing, reconnect: kQuick });
    const mine = await ana.join(room);
    await loseSession(proxy, ana, mine, heard);
    if (how === "HMAC") return;
    expect(await Promise.all(heard.map((each) => verify(each)))).toEqual([true, true]);
    expect(heard[0]!.signed!.nonce).not.toBe(heard[1]!.signed!.nonce);
  });
});

test("what was sealed is signed, and opened again, edited and out of the history too", async () => {
  const secret = newRoomKey();
  const encryption = () => roomCipher({ keys: { k1: secret }, current: "k1" });
  const ana = client(relay, { signing: hmacSigner() });
  const theirs = await client(relay).join("both", { encryption: await encryption() });
  const changes: Message[] = [];
  const failed: PerseidError[] = [];
  theirs.on("change", (each) => changes.push(each));
  theirs.on("error", (error) => failed.push(error));
  const heard = next<Message>(theirs, "chat");
  for (const [i, of] of [ana, client(relay, { signing })].entries()) {
    const mine = await of.join("both", { encryption: await encryption() });
    const { seq = 0 } = await mine.chat({ text: "secret", data: 1 });
    await mine.react(seq, "+");
    await mine.edit(seq, "another");
    await mine.chat({ text: "as it was" });
    await until(() => changes.length === 2 * (i + 1));
  }
  expect((await heard).payload).toEqual({ text: "secret", data: 1 });
  expect(failed).toEqual([]);
  const read = await theirs.history();
  const [edited, kept] = [{ text: "another", data: 1 }, { text: "as it was" }];
  expect(read.map(({ payload }) => payload)).toEqual([edited, kept, edited, kept]);
  const verified = await Promise.all(read.map((each) => verify(each)));
  expect(verified).toEqual([false, false, false, true]); // The first two are of HMAC.
});

test("who does not sign cannot say again what another has signed", async () => {
  const mine = await client(relay, { signing }).join("told once");
  const eve = client(relay);
  const theirs = await eve.join("told once");
  const heard = next<Message>(theirs, "chat");
  await mine.chat("hi");
  const { signed, payload } = await heard;
  const { key, nonce, count, signature } = signed!;
  // Eve, who does not sign, says ana's message again.
  const again = { ...(payload as object), signed: { key, nonce, count }, signature } as Json;
  await expect(theirs.chat(again)).rejects.toMatchObject({ code: "bad_signature" });
  await theirs.chat("well");
});

const bending = (scheme: Scheme, bend: (sign: Sign) => Sign): Signing => {
  const bent = { ...scheme, session: (...of: Parameters<Scheme["session"]>) => bend(scheme.session(...of)) };
  return () => new SessionSigner(bent);
};
const kBent: [string, string, (sign: Sign) => Sign][] = [
  ["signature_required", "it is not signed", () => async (...[, , , text]) => text],
  ["bad_signature", "for another room", (sign) => (count, lane, _, text) =>
    sign(count, lane, "room elsewhere", text)],
  ["bad_signature", "as another type", (sign) => (count, _, ...rest) =>
    sign(count, "player_action", ...rest)],
  ["bad_signature", "changed behind it", (sign) => async (...what) =>
    (await sign(...what)).replace('"hi', '"ho')],
  ["replayed", "with a count of before", (sign) => (_, ...rest) => sign(1, ...rest)],
];
const kSchemes: [string, Scheme][] = [
  ["Ed25519", await ed25519Scheme(keys)],
  ["HMAC", kHmac],
];
const kRefused = kSchemes.flatMap(([how, scheme]) =>
  kBent.map(([code, why, bend]) => [how, code, why, scheme, bend] as const),
);

test.each(kRefused)("%s, %s: %s", async (how, code, why, scheme, bend) => {
  let isBent = false;
  const both = (sign: Sign): Sign => (...what) => (isBent ? bend(sign) : sign)(...what);
  const ana = client(relay, { signing: bending(scheme, both) });
  const room = await ana.join(`refused ${how} ${why}`);
  await room.chat("hi, as it should be");
  isBent = true;
  await expect(room.chat("hi")).rejects.toMatchObject({ name: "PerseidError", code });
  const told = next<PerseidError>(ana, "error");
  void room.typing(); // A refusal that answers no promise.
  if (why !== "changed behind it") expect((await told).code).toBe(code);
  isBent = false;
  await room.chat("hi again");
});

test("a token names the key: without it nothing is begun, and no other will do", async () => {
  const strict = await Relay.start("--token-secret", kSecret);
  onTestFinished(() => strict.end("SIGKILL"));
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const cnf = { jwk: { kty: "OKP", crv: "Ed25519", x: key } };
  const claims = { sub: "ana", exp: Math.ceil(Date.now() / 1000) + 600, cnf };
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  const token = `${text}.${createHmac("sha256", kSecret).update(text).digest("base64url")}`;
  const unsupported = { code: "unsupported", message: expect.stringContaining("`signing`") as string };
  await expect(client(strict, { token }).join("lobby")).rejects.toMatchObject(unsupported);
  const byHmac = client(strict, { token, signing: hmacSigner() });
  await expect(byHmac.join("lobby")).rejects.toMatchObject(unsupported);
  const other = await ed25519Signer(await newSigningKeys());
  const thief = client(strict, { token, signing: other });
  await expect(thief.join("lobby")).rejects.toMatchObject({ code: "forbidden" });
  const ana = client(strict, { token, signing });
  const told = next<Message>(ana, "direct");
  await (await ana.join("lobby")).chat("hi");
  // The name is the token's, which connect() was not told.
  await ana.direct("@ana", "to myself");
  const message = await told;
  expect(await verify(message)).toBe(false);
  expect(await verify(message, { name: "ana" })).toBe(true);
});

test("much at once, now or never beside what waits: nothing is refused", async () => {
  const ana = client(relay, { signing: hmacSigner() });
  const failed: PerseidError[] = [];
  ana.on("error", (error) => failed.push(error));
  const rooms = await Promise.all(["much 1", "much 2"].map((name) => ana.join(name)));
  const said = Array.from({ length: 150 }, (_, i) => rooms[i % 2]!.chat(String(i)));
  for (let i = 0; i < 100; ++i) void rooms[i % 2]!.send({ i }, { ack: false });
  await Promise.all(said);
  await rooms[0]!.send({ last: true });
  expect(failed).toEqual([]);
});
