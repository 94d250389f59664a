// When a client signs: when it sends, one after the other, and anew for another session.
import { expect, test } from "vitest";
import type { PerseidError } from "../src/errors.js";
import { SessionSigner, type Sign } from "../src/secure/signer.js";
import { ed25519Scheme } from "../src/secure/signers.js";
import type { Signing, SigningTerms } from "../src/signing.js";
import { next, until } from "./relay.js";
import { counts, ed25519, forms, keys, kOther, relayOf, signing } from "./signing_relay.js";

/** Signs when it is let, to have something happen meanwhile. */
async function slow() {
  const made: Promise<string>[] = [];
  const held: (() => void)[] = [];
  let isOpen = false;
  const scheme = await ed25519Scheme(keys);
  const session = (terms: SigningTerms): Sign => {
    const sign = scheme.session(terms);
    return async (...what) => {
      if (!isOpen) await new Promise<void>((resolve) => held.push(resolve));
      made.push(sign(...what));
      return made.at(-1)!;
    };
  };
  const open = () => {
    isOpen = true;
    for (const go of held) go();
  };
  const slowly = () => new SessionSigner({ ...scheme, session });
  const done = async () => {
    await until(() => made.length > 0);
    await Promise.all(made);
  };
  return { signing: slowly as Signing, let: open, isAsked: () => held.length > 0, done };
}

/** A client whose first message is being signed. */
async function saying() {
  const relay = relayOf(ed25519());
  const held = await slow();
  const ana = relay.client({ signing: held.signing });
  const room = await ana.join("lobby");
  const said = room.chat("one");
  await until(held.isAsked);
  return { relay, held, ana, room, said };
}

test("what is left or closed while it is signed is not sent", async () => {
  const { relay, held, ana, room, said } = await saying();
  const left = room.leave();
  await expect(said).rejects.toMatchObject({ code: "left" });
  held.let();
  const other = await ana.join("other");
  await other.chat("two");
  expect(relay.published).toMatchObject([{ room: "other" }]);
  void left;
});

test("a session that is lost while something is signed is not signed for any more", async () => {
  const { relay, held, ana, room, said } = await saying();
  void room.send({ now: 1 }, { ack: false });
  relay.terms = ed25519({ nonce: kOther });
  relay.id = "c0200008000004";
  relay.cut();
  await until(() => ana.id === relay.id && room.status === "joined");
  held.let();
  await said;
  await room.chat("two");
  expect(forms(relay).map(({ nonce }) => nonce)).toEqual([kOther, kOther]);
});

test("what is said now or never is not said on a connection that is not welcomed yet", async () => {
  const relay = relayOf(ed25519());
  const held = await slow();
  const ana = relay.client({ signing: held.signing });
  const room = await ana.join("lobby");
  void room.send({ now: 1 }, { ack: false });
  await until(held.isAsked);
  relay.isWelcoming = false;
  relay.cut();
  await until(() => relay.hellos.length === 2);
  held.let();
  await held.done();
  await new Promise((resolve) => setTimeout(resolve)); // For what goes out to arrive.
  expect(relay.published).toEqual([]);
});

test("what was signed and has to wait is signed again, behind what was said meanwhile", async () => {
  const relay = relayOf(ed25519());
  relay.isAcking = false;
  const held = await slow();
  const ana = relay.client({ signing: held.signing });
  const room = await ana.join("lobby");
  const first = room.chat("one");
  await until(held.isAsked);
  const told = next<PerseidError>(ana, "error");
  const busy = { code: "rate_limited", message: "wait", retry_after_ms: 500 };
  relay.say({ type: "system", op: "error", ...busy });
  await told;
  held.let();
  for (let i = 0; i < 100; ++i) void room.send({ i }, { ack: false });
  await until(() => relay.published.some(({ type }) => type === "chat"));
  const at = relay.published.findIndex(({ type }) => type === "chat");
  const before = Math.max(...counts(relay).slice(0, at));
  expect(before - counts(relay)[at]!).toBeLessThan(64);
  relay.ack(relay.published[at]!.id!);
  await first;
});

test("more than a window of counts never lies between what is sent", async () => {
  const relay = relayOf(ed25519());
  relay.isAcking = false;
  const ana = relay.client({ signing });
  const room = await ana.join("lobby");
  const waiting = ana.room("later"); // Not joined yet: what is said there waits.
  const joined = ana.join("later");
  const said = [waiting.chat("0"), ...Array.from({ length: 200 }, (_, i) => room.chat(String(i)))];
  for (let i = 0; i < 150; ++i) void room.send({ i }, { ack: false });
  for (let at = 0; at < 351; ++at) {
    await until(() => relay.published.length > at);
    const { id, room: where } = relay.published[at]!;
    if (id !== undefined) relay.ack(id, where);
  }
  await Promise.all(said);
  await joined;
  let highest = 0;
  for (const count of counts(relay)) {
    expect(highest - count).toBeLessThan(64);
    highest = Math.max(highest, count);
  }
  const actions = relay.published.filter(({ type }) => type === "player_action");
  expect(actions.map(({ payload }) => (payload as { i: number }).i)).toEqual(
    Array.from({ length: 150 }, (_, i) => i),
  );
  const chats = relay.published.filter(({ room: name, type }) => type === "chat" && name === "lobby");
  const texts = chats.map(({ payload }) => Number((payload as { text: string }).text));
  expect(texts).toEqual(Array.from({ length: 200 }, (_, i) => i));
});
