// The timeline and its parts, one rule each.
import { expect, test } from "vitest";
import { Playback, shorter, slerp, Timeline, valueAt } from "../src/time/index.js";

const span = (from: number, to: number, before?: number, after?: number) => ({
  before: before === undefined ? undefined : { time: -10, value: before },
  from: { time: 0, value: from },
  to: { time: 10, value: to },
  after: after === undefined ? undefined : { time: 20, value: after },
});

test("modes", () => {
  expect(valueAt("linear", span(0, 10), 2.5)).toBe(2.5);
  expect(valueAt("linear", span(0, 10), 15)).toBe(15);
  expect(valueAt("step", span(0, 10), 9.9)).toBe(0);
  expect(valueAt("step", span(0, 10), 10)).toBe(10);
  expect(valueAt("degrees", span(170, -170), 5)).toBe(-180);
  expect(valueAt("degrees", span(350, 10), 7.5)).toBe(5);
  expect(valueAt("angle", span(3, -3), 5)).toBeCloseTo(-Math.PI, 9);
  // A curve goes through its samples, and is straight where they are.
  expect(valueAt("hermite", span(0, 10, -10, 20), 5)).toBe(5);
  expect(valueAt("hermite", span(0, 10, 0, 10), 0)).toBe(0);
  expect(valueAt("hermite", span(0, 10, 0, 10), 10)).toBe(10);
  expect(shorter(270, 360)).toBe(-90);
});

test("a parabola is followed by a curve far better than by a line", () => {
  const y = (t: number) => t * t;
  const of = (mode: "hermite" | "linear") =>
    (valueAt(mode, span(y(0), y(10), y(-10), y(20)), 5) as number) - y(5);
  expect(Math.abs(of("hermite"))).toBeLessThan(1e-9);
  expect(of("linear")).toBe(25);
});

test("slerp takes the shorter arc, at even speed", () => {
  const half = Math.SQRT1_2;
  const quarter = slerp([0, 0, 0, 1], [0, 0, half, half], 0.5);
  expect(quarter[2]).toBeCloseTo(Math.sin(Math.PI / 8), 9);
  const same = slerp([0, 0, 0, 1], [0, 0, -half, -half], 0.5);
  expect(same[3]).toBeCloseTo(quarter[3], 9);
});

test("after a room's rest, in which no ticks are counted, playback is right behind the newest again", () => {
  const playback = new Playback({});
  for (let tick = 0; tick < 200; ++tick) {
    const now = tick * 50 + (tick < 100 ? 0 : 4000);
    playback.came(tick * 50, now);
    expect(tick * 50 - playback.time(now, 50)).toBeCloseTo(50);
    expect(playback.delayMs(50)).toBeCloseTo(50);
  }
});

test("the playback adapts its delay to the jitter, and never runs backwards", () => {
  const playback = new Playback({});
  let last = -Infinity;
  const delays: number[] = [];
  for (let tick = 0; tick < 400; ++tick) {
    const jitter = tick > 200 ? (tick % 2) * 40 : 0;
    const now = tick * 50 + 100 + jitter;
    playback.came(tick * 50, now);
    const time = playback.time(now, 50);
    expect(time).toBeGreaterThanOrEqual(last);
    last = time;
    delays.push(playback.delayMs(50));
  }
  expect(delays[100]).toBe(50);
  expect(delays[399]).toBe(90);
});

test("what had waited comes at once in the beginning, and does not count as the link's jitter", () => {
  const playback = new Playback({});
  for (const start of [0, 20_000]) {
    for (let tick = 0; tick < 10; ++tick) {
      playback.came(tick * 50, start + 450); // A whole state, and the deltas behind it.
      if (tick === 3) playback.time(start + 450, 50); // Drawn before all of them are there.
    }
    for (let tick = 10; tick < 40; ++tick) {
      const now = start + tick * 50;
      playback.came(tick * 50, now);
      expect(now - start - playback.time(now, 50)).toBeCloseTo(50, 6);
    }
    // As after a connection that was resumed: until something comes it goes on.
    const before = playback.time(start + 1950, 50);
    playback.restart();
    expect(playback.time(start + 2050, 50)).toBeCloseTo(before + 100, 6);
  }
});

test("what rests until a tick rests until then, and what stops does not drift on", () => {
  const timeline = new Timeline({ hz: 10, numbers: "linear" });
  const tick = (n: number) => timeline.frame(n, n * 100);
  const x = (time: number) => timeline.at(time).get("e1")?.x;
  tick(1);
  timeline.set("e1", 1, { x: 0 });
  tick(20);
  timeline.set("e1", 20, { x: 10 });
  expect([x(1000), x(1900), x(1950), x(2000)]).toEqual([0, 0, 5, 10]);
  tick(21); // Others moved; it did not.
  expect(x(2080)).toBe(10);
});

test("extrapolation is bounded, and returns", () => {
  const timeline = new Timeline({ hz: 10, numbers: "linear", extrapolateMs: 200 });
  for (const n of [1, 2]) {
    timeline.frame(n, n * 100);
    timeline.set("e1", n, { x: n });
  }
  const x = (time: number) => timeline.at(time).get("e1")?.x as number;
  expect(x(300)).toBeCloseTo(3, 9);
  expect(x(400)).toBeCloseTo(4, 9);
  expect(x(500)).toBeCloseTo(3, 9);
  expect(x(700)).toBe(2);
});

test("entities come and go at their ticks; fields that appear do so at theirs", () => {
  const timeline = new Timeline({ hz: 10 });
  timeline.frame(1, 100);
  timeline.set("e1", 1, { x: 0 });
  timeline.frame(2, 200);
  timeline.set("e1", 2, { x: 1, hp: 9 });
  timeline.frame(3, 300);
  timeline.remove("e1", 3);
  expect(timeline.at(50).size).toBe(0);
  expect(timeline.at(150).get("e1")).not.toHaveProperty("hp");
  expect(timeline.at(250).get("e1")).toMatchObject({ hp: 9 });
  expect(timeline.at(300).size).toBe(0);
});

test("ticks a second are measured where nobody says them", () => {
  const timeline = new Timeline();
  for (let tick = 0; tick < 200; ++tick) timeline.frame(tick, tick * 20 + (tick % 3));
  expect(timeline.hz).toBe(50);
});
