// wss:// in Node, to the port of the relay itself: joined, said, set, cut off, resumed; and who
// does not trust its certificate stays out.
import { readFileSync } from "node:fs";
import { globalAgent } from "node:https";
import { expect, onTestFinished, test } from "vitest";
import type { LinkEvent } from "../src/client_events.js";
import { json } from "../src/index.js";
import type { Message } from "../src/messages.js";
import { binary } from "../src/state/index.js";
import { makeCertificate, secureRelay, secureUrl } from "./certificate.js";
import { Proxy } from "./proxy.js";
import { client, next, until } from "./relay.js";

const kQuick = { attempts: 50, delayMs: 20, delayMaxMs: 200 };

/** As NODE_EXTRA_CA_CERTS would, which is read when the process starts. */
function trust(cert: string): void {
  globalAgent.options.ca = readFileSync(cert);
  onTestFinished(() => {
    delete globalAgent.options.ca;
    globalAgent.destroy();
  });
}

test.each([
  { name: "json", flavour: json },
  { name: "binary", flavour: binary() },
])("$name: two play over TLS, one is cut off and goes on", async ({ flavour }) => {
  const certificate = makeCertificate();
  const relay = await secureRelay(certificate, "--reconnect-delay-ms", "20");
  trust(certificate.cert);
  const wire = await Proxy.to(relay);
  const ana = client(secureUrl(wire), { name: "ana", flavour, reconnect: kQuick });
  const ben = client(secureUrl(relay), { name: "ben", flavour });
  const [mine, theirs] = [await ana.join("lobby"), await ben.join("lobby", { presence: true })];
  const [heard, read]: [Message[], Message[]] = [[], []];
  const events: string[] = [];
  mine.on("chat", (message) => read.push(message));
  theirs.on("chat", (message) => heard.push(message));
  theirs.on("presence", ({ event }) => events.push(event));
  const large = "ä".repeat(100_000); // Over several TLS records.
  await mine.chat(large);
  mine.state.set("e1", { x: 1 });
  await until(() => heard.length === 1 && theirs.state.get("e1")?.x === 1);
  const { id } = ana;
  const back = next<LinkEvent>(ana, "link", ({ resumed }) => resumed !== undefined);
  const sent = mine.chat("under way");
  wire.cut();
  await theirs.chat("meanwhile");
  expect(await back).toMatchObject({ state: "open", resumed: true });
  await sent;
  theirs.state.set("e1", { x: 2 });
  await until(() => read.length === 3 && heard.length === 3 && mine.state.get("e1")?.x === 2);
  expect(ana.id).toBe(id);
  expect(read.map(({ payload }) => payload)).toEqual(heard.map(({ payload }) => payload));
  expect(read[0]!.payload).toEqual({ text: large });
  expect(new Set(read.map(({ seq }) => seq))).toEqual(new Set([1, 2, 3]));
  expect(events).not.toContain("leave");
  expect(ana.stats()).toMatchObject({ resumes: 1, reconnects: 0 });
});

test("without trust in the certificate there is no connection, and it says why", async () => {
  const relay = await secureRelay(makeCertificate());
  const ana = client(secureUrl(relay), { reconnect: false });
  const error = { code: "closed", message: expect.stringMatching(/self.signed certificate/) };
  await expect(ana.join("lobby")).rejects.toMatchObject(error);
});

test("who speaks plain to a port of TLS is refused, and not left waiting", async () => {
  const relay = await secureRelay(makeCertificate());
  const ana = client(relay, { reconnect: false });
  await expect(ana.ready()).rejects.toMatchObject({ code: "closed" });
});
