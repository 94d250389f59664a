// Tokens: shown, fetched, renewed before they end and after, and refused.
import { createHmac } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { Client } from "../src/client.js";
import type { LinkEvent } from "../src/client_events.js";
import type { PerseidError } from "../src/errors.js";
import { client, next, Relay, until } from "./relay.js";

const kSecret = "of thirty-two bytes, or a few more";
const kQuick = { delayMs: 20, delayMaxMs: 100, attempts: 20 };

function token(forMs: number, sub = "ana"): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = (Date.now() + forMs) / 1000;
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, exp })}`;
  return `${text}.${createHmac("sha256", kSecret).update(text).digest("base64url")}`;
}

async function strictRelay(...flags: string[]): Promise<Relay> {
  const all = ["--token-secret", kSecret, "--token-leeway-ms", "0", "--reconnect-delay-ms", "20"];
  const relay = await Relay.start(...all, ...flags);
  onTestFinished(() => relay.end("SIGKILL"));
  return relay;
}

test("a token says who this is, and what is refused ends the client", async () => {
  const relay = await strictRelay();
  const ana = client(relay, { name: "somebody else", token: token(60_000) });
  const ben = client(relay, { token: token(60_000, "ben") });
  const room = await ben.join("lobby", { presence: true });
  await ana.join("lobby");
  await until(() => [...room.members.values()].some(({ name }) => name === "ana"));
  const forged = client(relay, { token: `${token(60_000)}x`, reconnect: kQuick });
  await expect(forged.ready()).rejects.toMatchObject({ code: "bad_token", field: "token" });
  expect(forged.state).toBe("closed");
  const nobody = client(relay, { reconnect: kQuick });
  await expect(nobody.join("lobby")).rejects.toMatchObject({ code: "unauthenticated" });
});

test("a function is asked again before a token ends, and nobody notices", async () => {
  // Told to end each 200 ms, with a minute to spare.
  const relay = await strictRelay("--token-warning-ms", "60000");
  let asked = 0;
  const ana = client(relay, { token: async () => (asked++, token(60_200)) });
  await ana.ready();
  const states: string[] = [];
  ana.on("link", ({ state }) => states.push(state));
  await until(() => asked >= 6);
  expect(states).toEqual([]);
  expect(ana.stats().reconnects + ana.stats().resumes).toBe(0);
});

test("whose token ends goes on in the same session with the next", async () => {
  const relay = await strictRelay("--token-warning-ms", "0");
  // One that ends on its way to the relay is followed by another short one.
  const now = () => token(ana.session === undefined ? 400 : 60_000);
  const ana: Client = client(relay, { token: now, reconnect: kQuick });
  const back = next<LinkEvent>(ana, "link", ({ resumed }) => resumed !== undefined);
  await ana.join("lobby");
  expect(await back).toMatchObject({ state: "open", resumed: true });
  await ana.rooms.get("lobby")!.chat("here still");
});

test("a function that fails is told, and asked again", async () => {
  const relay = await strictRelay();
  let asked = 0;
  const ana = client(relay, {
    token: () => {
      asked += 1;
      if (asked < 3) throw new Error("no backend");
      return token(60_000);
    },
    reconnect: kQuick,
  });
  const told: string[] = [];
  ana.on("error", ({ code, message }) => told.push(`${code}: ${message}`));
  await ana.join("lobby");
  expect(told).toEqual(Array(2).fill("no_token: token() failed: Error: no backend"));
});

test("a string is refreshed by hand, when it is told to end", async () => {
  const relay = await strictRelay("--token-warning-ms", "60000");
  const ana = client(relay, { token: token(50_000), reconnect: kQuick });
  expect(await next<number>(ana, "token_expiring", () => true)).toBeGreaterThan(0);
  await ana.ready();
  await expect(ana.refresh(token(60_000, "ben"))).rejects.toMatchObject({ code: "forbidden" });
  // More at once than a relay takes; and later it does.
  const renewed = () => ana.refresh(token(3_600_000)).then(() => undefined);
  const renew = () => renewed().catch((error: PerseidError) => error);
  const [early] = (await Promise.all(Array.from({ length: 20 }, renew))).filter(Boolean);
  expect(early).toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
  for (let error = early; error; error = await renew()) {
    expect(error.code).toBe("rate_limited");
    await new Promise((resolve) => setTimeout(resolve, error!.retryAfterMs));
  }
});
