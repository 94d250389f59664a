// A link that does not keep up: told, drawn at the lower rate, and told again when it is over.
import { expect, onTestFinished, test } from "vitest";
import type { LinkEvent } from "../src/client_events.js";
import type { Degraded } from "../src/messages.js";
import { client, next, Relay, until } from "./relay.js";

test("degraded and restored", async () => {
  const relay = await Relay.start("--state-hz", "40", "--client-bytes-per-second", "40000");
  onTestFinished(() => relay.end());
  const ben = client(relay);
  const room = await ben.join("crowd");
  const ana = await client(relay).join("crowd");
  const told = next<Degraded>(room, "degraded");
  const link = next<LinkEvent>(ben, "link", ({ state }) => state === "degraded");
  let x = 0;
  const timer = setInterval(() => {
    x += 1;
    for (let i = 0; i < 200; ++i) ana.state.set(`entity ${i}`, { x: x + i });
  }, 20);
  onTestFinished(() => clearInterval(timer));
  expect((await told).state_hz).toBeLessThan(40);
  expect((await link).reason).toBe("bandwidth");
  await until(() => room.state.timeline.intervalMs > 25);
  const over = next<Degraded>(room, "restored");
  clearInterval(timer);
  const slow = setInterval(() => ana.state.set("entity 0", { x: ++x }), 20);
  onTestFinished(() => clearInterval(slow));
  expect((await over).state_hz).toBe(40);
  await until(() => ben.state === "open");
});
