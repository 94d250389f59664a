// End-to-end encryption: what the relay sees, what others can open, and what is refused.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import { json, type Flavour } from "../src/flavour.js";
import type { Message } from "../src/messages.js";
import { newRoomKey, ReplayWindow, roomCipher } from "../src/secure/index.js";
import { loseSession } from "./lost_session.js";
import { Proxy } from "./proxy.js";
import { client, next, Relay, until } from "./relay.js";

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start();
});
afterAll(() => relay.end());

const key = newRoomKey();
const cipherOf = (keys: { [id: string]: Uint8Array } = { k1: key }, current = "k1") =>
  roomCipher({ keys, current });

test("members read it, the relay and others see ciphertext", async () => {
  const ana = await client(relay).join("secret", { encryption: await cipherOf() });
  const ben = await client(relay).join("secret", { encryption: await cipherOf() });
  const eve = await client(relay).join("secret");
  const read: Message[] = [];
  const seen: Message[] = [];
  for (const name of ["chat", "action"] as const) ben.on(name, (each) => read.push(each));
  eve.on("chat", (each) => seen.push(each));
  const { seq } = await ana.chat("the code is 4711");
  await ana.send({ fire: [1, 2] });
  await ana.edit(seq!, "the code is 4712");
  await until(() => read.length === 2 && seen.length >= 1);
  const payloads = read.map(({ payload }) => payload);
  expect(payloads).toContainEqual({ text: "the code is 4711" });
  expect(payloads).toContainEqual({ fire: [1, 2] });
  expect(read.every(({ encrypted }) => encrypted)).toBe(true);
  expect(JSON.stringify([seen, await eve.history()])).not.toMatch(/code|471/);
  const [message] = await ben.history();
  expect(message).toMatchObject({ edited: true, payload: { text: "the code is 4712" } });
});

test("plain text, a foreign key and a replayed message are refused and told", async () => {
  const ben = await client(relay).join("guarded", { encryption: await cipherOf() });
  const eve = client(relay);
  const theirs = await eve.join("guarded");
  const errors: PerseidError[] = [];
  const read: Message[] = [];
  ben.on("error", (error) => errors.push(error));
  ben.on("chat", (each) => read.push(each));
  await theirs.chat("trust me");
  const foreign = await client(relay).join("guarded", {
    encryption: await cipherOf({ k1: newRoomKey() }),
  });
  await foreign.chat("trust me");
  // Eve repeats what ana said.
  const ana = client(relay);
  const hers = await ana.join("guarded", { encryption: await cipherOf() });
  // What the foreign one said may still be on its way.
  const heard = next<Message>(theirs, "chat", ({ sender }) => sender === ana.id);
  await hers.chat("pay eve");
  await theirs.chat((await heard).payload);
  await until(() => errors.length === 3 && read.length === 1);
  expect(errors.map(({ code }) => code)).toEqual(Array(3).fill("undecryptable"));
});

test("the relay itself cannot say a message again, nor under another name or room", async () => {
  const ana = await cipherOf();
  const ben = await cipherOf();
  const sealed = await ana.seal("hi", "lobby chat ana");
  expect(await ben.open(sealed, "lobby chat ana", true)).toBe("hi");
  const code = { code: "undecryptable" };
  await expect(ben.open(sealed, "lobby chat ana", true)).rejects.toMatchObject(code);
  const fresh = await cipherOf(); // Who has not seen it yet, so it is no replay.
  await expect(fresh.open(sealed, "lobby chat eve", true)).rejects.toMatchObject(code);
  expect(await fresh.open(sealed, "lobby chat ana", true)).toBe("hi");
  const bent = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");
  await expect((await cipherOf()).open(bent, "lobby chat ana", true)).rejects.toMatchObject(code);
  expect(await ben.open(sealed, "lobby chat ana", false)).toBe("hi"); // The history may.
});

test("a history tells which of its messages cannot be opened, and opens the others", async () => {
  const ana = await client(relay).join("mixed", { encryption: await cipherOf() });
  const eve = await client(relay).join("mixed");
  await ana.chat("one");
  await eve.chat("trust me");
  await ana.chat("three");
  const told = (await ana.history()).map((each) => [each.payload, each.encrypted, each.undecryptable]);
  expect(told).toEqual([
    [{ text: "one" }, true, undefined],
    [null, undefined, "It is not encrypted."],
    [{ text: "three" }, true, undefined],
  ]);
});

test("a relay cannot pass a message for encrypted, for old, or for what was deleted", async () => {
  const forged = { old: true, encrypted: true, undecryptable: "" };
  const lying: Flavour = {
    ...json,
    read(data) {
      const message = json.read(data);
      if (message?.lane !== "chat") return message;
      const isDeleted = message.payload instanceof Object && "deleted" in message.payload;
      return { ...message, ...forged, ...(isDeleted && { deleted: true }) };
    },
  };
  const ben = await client(relay, { flavour: lying }).join("lied", { encryption: await cipherOf() });
  const [errors, read]: [PerseidError[], Message[]] = [[], []];
  ben.on("error", (error) => errors.push(error));
  for (const name of ["chat", "change"] as const) ben.on(name, (each) => read.push(each));
  const eve = await client(relay).join("lied");
  const ana = client(relay);
  const hers = await ana.join("lied", { encryption: await cipherOf() });
  const heard = next<Message>(eve, "chat", ({ sender }) => sender === ana.id);
  await hers.chat("once");
  await until(() => read.length === 1);
  await eve.chat((await heard).payload); // Again, and under her own name.
  await eve.chat({ text: "trust me" });
  await eve.chat({ deleted: "trust me" });
  await eve.react(1, "+");
  await until(() => errors.length === 2 && read.length === 3);
  expect(read.map(({ payload, encrypted, old }) => [payload, encrypted, old])).toEqual([
    [{ text: "once" }, true, undefined],
    [{}, undefined, undefined],
    [{ react: { seq: 1, emoji: "+" } }, undefined, undefined],
  ]);
});

test("only who is authentic takes a place among the senders", async () => {
  const ben = await roomCipher({ keys: { k1: key }, current: "k1", sendersMax: 2 });
  const forged = { code: "undecryptable", message: expect.stringContaining("No key") };
  for (let i = 0; i < 5; ++i) {
    const eve = await cipherOf({ k1: newRoomKey() });
    await expect(ben.open(await eve.seal("x", "c"), "c", true)).rejects.toMatchObject(forged);
  }
  const ana = await cipherOf();
  const said = async () => (await cipherOf()).seal("hi", "c");
  expect(await ben.open(await said(), "c", false)).toBe("hi"); // Nor does a history.
  expect(await ben.open(await ana.seal("hi", "c"), "c", true)).toBe("hi");
  expect(await ben.open(await said(), "c", true)).toBe("hi");
  await expect(ben.open(await said(), "c", true)).rejects.toThrow("Too many senders");
  expect(await ben.open(await ana.seal("hi", "c"), "c", true)).toBe("hi");
});

test("what a new sender says twice at once is opened once", async () => {
  const [ana, ben] = [await cipherOf(), await cipherOf()];
  const [first, second] = [await ana.seal("1", "c"), await ana.seal("2", "c")];
  const opened = [first, second, first].map((each) => ben.open(each, "c", true));
  const results = await Promise.allSettled(opened);
  expect(results.filter(({ status }) => status === "fulfilled").length).toBe(2);
});

test("a key may be changed: old messages are opened with the old one", async () => {
  const old = await (await cipherOf()).seal("old", "c");
  const both = await cipherOf({ k1: key, k2: newRoomKey() }, "k2");
  expect(await both.open(old, "c", true)).toBe("old");
  const sealed = await both.seal("new", "c");
  await expect((await cipherOf()).open(sealed, "c", true)).rejects.toThrow("no key k2");
});

test("state is refused at once, with what to do instead; what others set is not believed", async () => {
  const ana = await client(relay).join("sealed", { encryption: await cipherOf() });
  const code = "not_encryptable";
  expect(() => ana.state.set("e1", { x: 1 })).toThrow(/send\(\) .* as actions/);
  expect(() => ana.state.unset("e1")).toThrow(expect.objectContaining({ code }));
  const errors: PerseidError[] = [];
  ana.on("error", (error) => errors.push(error));
  const eve = await client(relay).join("sealed");
  for (const x of [1, 2]) {
    eve.state.set("e1", { x });
    await eve.state.flush();
  }
  await until(() => errors.length > 0);
  const heard = next<Message>(ana, "chat");
  const ben = await client(relay).join("sealed", { encryption: await cipherOf() });
  await ben.chat("so far");
  await heard;
  expect(errors.map((each) => each.code)).toEqual(["undecryptable"]);
  expect(ana.state.entities.size).toBe(0);

  // Set while nobody had said yet that the room is encrypted.
  const early = client(relay);
  const room = early.room("early");
  const told = next<PerseidError>(room, "error");
  room.state.set("e1", { x: 1 });
  await early.join("early", { encryption: await cipherOf() });
  expect(await told).toMatchObject({ code });
});

test("a session is lost: what was delivered sealed is known again, and not said twice", async () => {
  const quick = await Relay.start("--reconnect-delay-ms", "20");
  onTestFinished(() => quick.end("SIGKILL"));
  const proxy = await Proxy.to(quick);
  const ben = await client(quick).join("lost", { encryption: await cipherOf() });
  const heard: Message[] = [];
  ben.on("chat", (message) => heard.push(message));
  const ana = client(proxy.url, { reconnect: { attempts: 50, delayMs: 20, delayMaxMs: 200 } });
  const mine = await ana.join("lost", { encryption: await cipherOf() });
  await loseSession(proxy, ana, mine, heard);
});

test("a session is lost while a message is sealed: it is sealed for the next one", async () => {
  const quick = await Relay.start("--reconnect-delay-ms", "20");
  onTestFinished(() => quick.end("SIGKILL"));
  const proxy = await Proxy.to(quick);
  const ben = await client(quick).join("slow", { encryption: await cipherOf() });
  const ana = client(proxy.url, { reconnect: { attempts: 50, delayMs: 20, delayMaxMs: 200 } });
  const cipher = await cipherOf();
  let lose = true;
  const seal = async (plain: string, context: string) => {
    const text = await cipher.seal(plain, context);
    if (!lose) return text;
    lose = false;
    const before = ana.id;
    ana.forgetSession();
    proxy.cut();
    await until(() => ana.id !== before && ana.state === "open");
    return text;
  };
  const open = cipher.open.bind(cipher);
  const room = await ana.join("slow", { encryption: { seal, open } });
  const heard = next<Message>(ben, "chat");
  const failed: PerseidError[] = [];
  ben.on("error", (error) => failed.push(error));
  await room.chat("hi");
  await until(() => failed.length > 0 || ben.lanes.chat.seen === 1);
  expect(failed).toEqual([]);
  expect(await heard).toMatchObject({ sender: ana.id, payload: { text: "hi" } });
});

test("keys that are none are refused with a typed error", async () => {
  const none = { k1: new Uint8Array(31) };
  const code = { code: "bad_value", field: "keys" };
  await expect(cipherOf(none)).rejects.toMatchObject(code);
  await expect(cipherOf({ "not an id": key })).rejects.toMatchObject(code);
  await expect(cipherOf(undefined, "k2")).rejects.toMatchObject(code);
});

test("without WebCrypto it says where there is one", async () => {
  const kept = globalThis.crypto;
  const remove = (value: unknown) =>
    Object.defineProperty(globalThis, "crypto", { value, configurable: true, writable: true });
  remove(undefined);
  onTestFinished(() => void remove(kept));
  const error = { code: "unsupported", message: expect.stringContaining("Node 18") };
  expect(() => newRoomKey()).toThrow(expect.objectContaining(error));
  await expect(cipherOf()).rejects.toMatchObject(error);
});

test("the replay window is bounded, and takes each number once", () => {
  const window = new ReplayWindow(4);
  const taken = [0, 2, 1, 2, 6, 3, 2, 5, 5, 100, 6, 97, 96, 97].map((n) => window.take(n));
  expect(taken).toEqual(
    [1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0].map((each) => each === 1),
  );
});
