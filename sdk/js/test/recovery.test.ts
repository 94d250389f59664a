// Breaks: a relay killed and started again, a connection cut and resumed, queued sends.
import { expect, onTestFinished, test } from "vitest";
import { json } from "../src/index.js";
import type { LinkEvent } from "../src/client_events.js";
import type { Message } from "../src/messages.js";
import { binary } from "../src/state/index.js";
import { loseSession } from "./lost_session.js";
import { Proxy } from "./proxy.js";
import { client, next, Relay, until } from "./relay.js";

const kFlavours = [
  { name: "json", flavour: json },
  { name: "binary", flavour: binary() },
];

async function relayOf(...flags: string[]): Promise<Relay> {
  const relay = await Relay.start(...flags);
  onTestFinished(() => relay.end("SIGKILL"));
  return relay;
}

const kQuick = { delayMs: 20, delayMaxMs: 200, attempts: 50 };
const texts = (messages: Message[]) => messages.map(({ payload }) => payload);

test.each(kFlavours)("$name: a killed relay, back again, gets what was queued once", async (of) => {
  const { flavour } = of;
  const flags = ["--reconnect-delay-ms", "20", "--reconnect-attempts", "50"];
  const old = await relayOf(...flags);
  const options = { flavour, reconnect: kQuick };
  const ana = client(old, { name: "ana", ...options });
  const ben = client(old, { name: "ben", ...options });
  const [mine, theirs] = await Promise.all([ana.join("lobby"), ben.join("lobby")]);
  const heard: Message[] = [];
  theirs.on("chat", (message) => heard.push(message));
  await mine.chat("before");
  const states: string[] = [];
  const waits: number[] = [];
  ana.on("link", ({ state, retryInMs = 0 }) => {
    states.push(state);
    waits.push(retryInMs);
  });
  const back = [mine, theirs].map((room) =>
    next<{ recovered: boolean; first: boolean }>(room, "joined", ({ first }) => !first),
  );
  const down = next<LinkEvent>(ana, "link", ({ state }) => state === "resuming");
  await old.end("SIGKILL");
  await down;
  const queued = Array.from({ length: 100 }, (_, i) => mine.chat(`queued ${i}`));
  mine.state.set("e1", { x: 1 });
  mine.state.set("e1", { x: 2 });
  await relayOf("--port", String(old.port), ...flags);
  const late: (number | undefined)[] = []; // Attempts that failed though there is a relay again.
  ana.on("link", ({ retryInMs }) => retryInMs !== undefined && late.push(retryInMs));
  const rejoined = await Promise.all(back);
  expect(rejoined.map(({ recovered }) => recovered)).toEqual([false, false]);
  const acks = await Promise.all(queued);
  expect(new Set(acks.map(({ seq }) => seq)).size).toBe(100);
  await until(() => heard.length >= 101 || theirs.lanes.chat.seen >= 100);
  await until(() => theirs.state.get("e1")?.x === 2);
  const after = (await theirs.history({ limit: 200 })).map(({ payload }) => payload);
  expect(after).toEqual(Array.from({ length: 100 }, (_, i) => ({ text: `queued ${i}` })));
  // Within the back-off's bound: by the next attempt, or the one behind it if that was under way.
  expect(late.length).toBeLessThanOrEqual(1);
  expect(Math.max(0, ...waits)).toBeLessThanOrEqual(kQuick.delayMaxMs);
  expect(states).toContain("resuming");
  expect(states.at(-1)).toBe("open");
});

test("without a relay the client gives up after its attempts, and says so", async () => {
  const relay = await relayOf();
  const ana = client(relay, { reconnect: { attempts: 3, delayMs: 5 } });
  const events: LinkEvent[] = [];
  ana.on("link", (event) => events.push(event));
  await ana.ready();
  ana.close();
  await relay.end("SIGKILL");
  const ben = client(relay, { reconnect: { attempts: 3, delayMs: 5 } });
  const tried: (number | undefined)[] = [];
  ben.on("link", ({ attempt }) => tried.push(attempt));
  await expect(ben.join("lobby")).rejects.toMatchObject({ code: "closed" });
  expect(tried).toEqual([1, 2, 3, undefined]);
  expect(ben.state).toBe("closed");
  expect(events.at(-1)).toMatchObject({ state: "closed", reason: "closed" });
  await expect(ana.join("lobby")).rejects.toMatchObject({ code: "closed" });
});

test("goaway is obeyed: no attempt before the time that it names", async () => {
  const relay = await relayOf("--reconnect-delay-ms", "40");
  const ana = client(relay);
  await ana.ready();
  const lost = next<LinkEvent>(ana, "link", ({ retryInMs }) => retryInMs !== undefined);
  await relay.end("SIGTERM");
  expect((await lost).retryInMs).toBeGreaterThanOrEqual(20);
  expect((await lost).reason).toBe("shutdown");
});

test("the queue is bounded, and its pressure is visible", async () => {
  const relay = await relayOf();
  const ana = client(relay, { queue: { messages: 10 }, reconnect: kQuick });
  const room = await ana.join("lobby");
  const pressures: number[] = [];
  ana.on("pressure", (pressure) => pressures.push(pressure));
  const sends = Array.from({ length: 12 }, (_, i) => room.chat(`${i}`));
  const results = await Promise.allSettled(sends);
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused.map((each) => (each as PromiseRejectedResult).reason.code)).toEqual([
    "queue_full",
    "queue_full",
  ]);
  expect(Math.max(...pressures)).toBe(1);
  expect(ana.pressure).toBe(0);
});

test.each(kFlavours)("$name: a cut connection goes on where it was", async ({ flavour, name }) => {
  const relay = await relayOf("--reconnect-delay-ms", "20");
  const proxy = await Proxy.to(relay);
  const ana = client(proxy.url, { name: "ana", flavour, reconnect: kQuick });
  const ben = client(relay, { name: "ben" });
  const mine = await ana.join(`tunnel ${name}`);
  const theirs = await ben.join(`tunnel ${name}`, { presence: true });
  const events: string[] = [];
  theirs.on("presence", ({ event }) => events.push(event));
  const heard: Message[] = [];
  const seen: Message[] = [];
  mine.on("chat", (message) => heard.push(message));
  theirs.on("chat", (message) => seen.push(message));
  const { id, session } = ana;
  let sent = 0;
  for (let round = 1; round <= 5; ++round) {
    const acks = [1, 2, 3].map(() => mine.chat(`ana ${++sent}`)); // Cut while under way.
    if (round % 2 === 0) await acks[0];
    const back = next<LinkEvent>(ana, "link", ({ resumed }) => resumed !== undefined);
    proxy.cut();
    for (let i = 0; i < 3; ++i) await theirs.chat(`ben ${round} ${i}`);
    acks.push(mine.chat(`ana ${++sent}`));
    expect(await back).toMatchObject({ state: "open", resumed: true });
    theirs.state.set("e1", { round });
    expect(new Set((await Promise.all(acks)).map(({ seq }) => seq)).size).toBe(4);
    await until(() => mine.state.get("e1")?.round === round);
  }
  await until(() => heard.length >= 35 && seen.length >= 35);
  expect([ana.id, ana.session]).toEqual([id, session]);
  // Once each, in one order for both.
  expect(texts(heard)).toEqual(texts(seen));
  expect(heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 35 }, (_, i) => i + 1));
  expect(texts(heard).filter((each) => JSON.stringify(each).includes("ana"))).toEqual(
    Array.from({ length: 20 }, (_, i) => ({ text: `ana ${i + 1}` })),
  );
  expect(events).not.toContain("leave");
  expect(ana.stats()).toMatchObject({ resumes: 5, reconnects: 0 });
});

test("a session is lost: what the room remembers tells which sends were delivered", async () => {
  const relay = await relayOf("--reconnect-delay-ms", "20", "--session-rooms-max", "8");
  const proxy = await Proxy.to(relay);
  const ben = await client(relay).join("lobby");
  const heard: Message[] = [];
  ben.on("chat", (message) => heard.push(message));
  const ana = client(proxy.url, { reconnect: kQuick });
  const mine = await ana.join("lobby");
  await loseSession(proxy, ana, mine, heard);
});

test("silence is noticed: late first, then given up, then back", async () => {
  const relay = await relayOf("--reconnect-delay-ms", "20", "--heartbeat-interval-ms", "200");
  const proxy = await Proxy.to(relay);
  const ana = client(proxy.url, { reconnect: kQuick });
  await ana.ready();
  const late = next<LinkEvent>(ana, "link", ({ reason }) => reason === "heartbeat");
  proxy.hold(true);
  expect((await late).state).toBe("degraded");
  const lost = next<LinkEvent>(ana, "link", ({ state }) => state === "resuming");
  expect((await lost).reason).toBe("heartbeat");
  proxy.hold(false);
  await next<LinkEvent>(ana, "link", ({ state }) => state === "open");
});
