// Two browsers play the arena; one is cut off for five seconds and returns without anybody having
// seen it leave.
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pageOf, shot, withExamples } from "./browser.js";

withExamples();

// What the page's own objects say; `arena` is there for this.
const ask = <T>(page: Page, expression: string) => page.evaluate<T>(`(() => ${expression})()`);
const inPlay = (page: Page) =>
  page.waitForFunction("globalThis.arena?.predictor()?.pending.length < 60 && arena.predictor()");

test("two pages play; one is cut off for five seconds, and nobody sees it leave", async () => {
  const ana = await pageOf("arena/?name=ana", { colorScheme: "light" });
  const ben = await pageOf("arena/?name=ben", { colorScheme: "dark" });
  await Promise.all([inPlay(ana), inPlay(ben)]);
  const id = await ask<string>(ben, "arena.client.id");
  await ana.waitForFunction(`arena.room.state.entities.has("${id}")`);

  // The own player reacts at once: within the frame in which its input is applied.
  const reacted = await ask<boolean>(
    ana,
    `{ const me = arena.predictor(); const before = me.view(performance.now());
       const way = before.x < 600 ? 1 : -1;
       me.apply([way, 0, 0, 0]); me.apply([way, 0, 0, 0]);
       return me.state.x !== before.x; }`,
  );
  expect(reacted).toBe(true);

  // Who moves is seen to move by the other.
  const position = `JSON.stringify(arena.room.state.get("${id}"))`;
  const before = await ask<string>(ana, position);
  await ben.click("#ghosts"); // The keys are the player's still.
  await ben.keyboard.down("KeyD");
  await ben.keyboard.down("KeyS");
  await ana.waitForFunction(`${position} !== ${JSON.stringify(before)}`);
  await ben.keyboard.up("KeyD");
  await ben.keyboard.up("KeyS");
  await ben.mouse.click(500, 300);
  await shot(ana, "arena-light");
  await shot(ben, "arena-dark");

  await ask(
    ana,
    `{ globalThis.missed = 0; arena.room.on("state", () => {
       if (!arena.room.state.entities.has("${id}")) missed += 1; }); }`,
  );
  await ben.click("#cut");
  await ben.waitForFunction("arena.client.state === 'resuming'");
  await shot(ben, "arena-cut");
  await ben.waitForFunction("arena.client.state === 'open'", undefined, { timeout: 20_000 });
  expect(await ask(ben, "arena.client.id")).toBe(id);
  expect(await ask(ben, "arena.client.stats().resumes")).toBe(1);
  expect(await ask(ana, "missed")).toBe(0);
  // And it plays on: its inputs are taken, with the numbers that it had gone on counting.
  const seq = await ask<number>(ana, `arena.room.state.get("${id}").seq`);
  await ana.waitForFunction(`arena.room.state.get("${id}").seq > ${seq} + 30`);
});

test("with 300 ms of lag the prediction still answers at once, and the phone's page fits", async () => {
  // A name longer than the schema takes, in bytes.
  const page = await pageOf(`arena/?name=${encodeURIComponent("ñandú".repeat(6))}`, {
    colorScheme: "dark",
    viewport: { width: 390, height: 844 },
  });
  await inPlay(page);
  await page.fill("#delay", "300");
  await page.waitForFunction("parseInt(document.querySelector('#rtt').textContent) > 100");
  // The panel says how old the others are: the way here, half of the lag, at least.
  await page.waitForFunction("parseInt(document.querySelector('#behind').textContent) > 150");
  const moved = await ask<number>(
    page,
    `{ const me = arena.predictor(); const from = me.state.x; const way = from < 600 ? 1 : -1;
       for (let i = 0; i < 4; ++i) me.apply([way, 0, 0, 0]);
       return Math.abs(me.state.x - from); }`,
  );
  expect(moved).toBeGreaterThan(0);
  await shot(page, "arena-phone");
  const overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
  expect(await ask(page, overflow)).toBe(false);
});
