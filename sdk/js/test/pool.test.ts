// The pool of connections: order per room, spread over sockets, back-pressure.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { Pool, type PoolOptions } from "../src/node/index.js";
import { client, Relay, until } from "./relay.js";

let relay: Relay;
beforeAll(async () => {
  relay = await Relay.start();
});
afterAll(() => relay.end());

function poolOf(options: PoolOptions): Pool {
  const pool = new Pool(relay.url, options);
  onTestFinished(() => pool.close());
  return pool;
}

test("a room's publishes keep their order, rooms spread over the sockets", async () => {
  const pool = poolOf({ size: 3, name: "backend" });
  const rooms = Array.from({ length: 12 }, (_, i) => `feed ${i}`);
  const reader = client(relay);
  const heard = new Map<string, unknown[]>();
  for (const name of rooms) {
    const room = await reader.join(name);
    const list: unknown[] = [];
    heard.set(name, list);
    room.on("action", ({ payload }) => list.push(payload));
  }
  const sends = Array.from({ length: 600 }, (_, i) => pool.publish(rooms[i % 12]!, i));
  await Promise.all(sends);
  await until(() => [...heard.values()].every((list) => list.length === 50));
  for (const [at, name] of rooms.entries()) {
    expect(heard.get(name)).toEqual(Array.from({ length: 50 }, (_, i) => i * 12 + at));
  }
  expect(new Set(rooms.map((name) => pool.clientOf(name))).size).toBe(3);
  expect(pool.clients.every((each) => each.stats().ack.count > 0)).toBe(true);
});

test("back-pressure is visible: who waits for drained() is never refused", async () => {
  const pool = poolOf({ size: 2, queue: { messages: 40 } });
  let most = 0;
  const sends: Promise<unknown>[] = [];
  for (let i = 0; i < 1000; ++i) {
    await pool.drained();
    sends.push(pool.publish("hot", i));
    most = Math.max(most, pool.pressure);
  }
  await Promise.all(sends);
  expect(most).toBeGreaterThan(0.5);
  expect(most).toBeLessThan(1);
  const flood = Array.from({ length: 60 }, (_, i) => pool.publish("hot", i));
  const results = await Promise.allSettled(flood);
  const refused = results.filter(({ status }) => status === "rejected");
  expect(refused.length).toBe(20);
  expect((refused[0] as PromiseRejectedResult).reason).toMatchObject({ code: "queue_full" });
});
