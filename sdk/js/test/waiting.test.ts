// Waiting that is in vain ends, and says for what.
import { expect, test } from "vitest";
import { Emitter } from "../src/emitter.js";
import { next, until, within } from "./relay.js";

test("what does not come is named", async () => {
  const heard = { length: 0 };
  await expect(until(() => heard.length > 3, undefined, 20)).rejects.toThrow(/20 ms.*length > 3/);
  await expect(until(() => false, "the moon", 20)).rejects.toThrow("the moon");
  await expect(within(new Promise(() => {}), "an end", 20)).rejects.toThrow("an end");
});

test("what comes is not held up", async () => {
  const source = new Emitter<{ came: number }>();
  const third = next<number>(source, "came", (n) => n === 3);
  for (const n of [1, 2, 3, 4]) source.emit("came", n);
  expect(await third).toBe(3);
  let looks = 0;
  await until(() => ++looks === 3);
});
