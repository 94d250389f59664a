// A room that rests now and then, over the bad link: its state's time stands still meanwhile, which
// is no lateness. What is drawn after each rest, and how far from the truth it is.
import { expect, test } from "vitest";
import { Playback, Timeline, type TimelineOptions } from "../src/time/index.js";
import { arrivals, errorOf, kBadLink, kHz, match, resting, type Link } from "./wire_sim.js";

const kLengthMs = 60_000;
const kFrameMs = 1000 / 60;
const kSkipMs = 3000;

const truth = match(10, kLengthMs, 1);

function measure(leastMs: number, mostMs: number, link: Link, options: TimelineOptions = {}) {
  const rests = resting(kLengthMs, leastMs, mostMs, 3);
  const frames = arrivals(truth, kLengthMs, link, 2, rests);
  const timeline = new Timeline({ hz: kHz, ...options });
  const errors: number[] = [];
  const ages: number[] = [];
  let [next, moving, uninterpolated, newest] = [0, 0, 0, 0];
  for (let now = 0; now < rests.endMs; now += kFrameMs) {
    for (; next < frames.length && frames[next]!.now <= now; ++next) {
      const { tick, now: came, changed } = frames[next]!;
      timeline.frame(tick, came);
      for (const [name, fields] of changed) timeline.set(name, tick, fields);
      newest = (tick * 1000) / kHz;
    }
    if (now < kSkipMs) continue;
    const time = timeline.time(now);
    const present = rests.timeAt(now);
    for (const [name, { x, y }] of timeline.at(time)) {
      const { x: trueX, y: trueY } = truth.at(name, Math.min(time, present));
      errors.push(Math.hypot((x as number) - trueX, (y as number) - trueY));
    }
    // Of frames while something moves, and of whose movement something has come of late.
    const isMoving = newest > rests.timeAt(now - 250) && present > rests.timeAt(now - 50);
    if (!isMoving) continue;
    moving += 1;
    ages.push(present - time);
    if (time > newest) uninterpolated += 1;
  }
  return { ...errorOf(errors), age: errorOf(ages), uninterpolated: uninterpolated / moving };
}

const kLinks = {
  good: { latencyMs: 20, jitterMs: 3, stallMs: 0, stallEveryMs: Infinity },
  bad: kBadLink,
};
const kRests: [number, number][] = [[80, 200], [200, 500], [800, 800], [500, 1400], [2000, 4000]];

for (const [name, link] of Object.entries(kLinks)) {
  const never = measure(0, 0, link);
  test.each(kRests)(`${name} link: after rests of %i to %i ms it interpolates on`, (least, most) => {
    const { mean, p95, age, uninterpolated } = measure(least, most, link);
    const numbers = [mean, p95, age.mean, age.p95].map((each) => each.toFixed(2).padStart(8));
    const share = `${(100 * uninterpolated).toFixed(1)} %`;
    console.log(`${name} ${least}-${most} mean, p95, age mean, p95 ms:${numbers.join("")}, ${share}`);
    // Before a rest was told from lateness it was half of the frames, and nearly all for short ones.
    expect(uninterpolated).toBeLessThan(never.uninterpolated + 0.1);
    expect(age.p95).toBeLessThan(never.age.p95 * 1.5);
    // The first frames of a rest go on as before: nobody knows yet.
    expect(p95).toBeLessThan(20);
  });
}

test("what a stall held up comes at once, and is no rest: time goes on where it was", () => {
  const playback = new Playback({ delayMs: 60 });
  const came = (tick: number, now: number) => playback.came(tick * 50, now);
  const behind = (now: number) => now - playback.time(now, 50);
  for (let tick = 0; tick < 60; ++tick) came(tick, tick * 50);
  expect(behind(2950)).toBeCloseTo(60, 6);
  for (let tick = 60; tick < 76; ++tick) came(tick, 3760); // 800 ms without any.
  expect(behind(3760)).toBeCloseTo(60, 6);
  came(76, 4560); // Drawn before the others come: what is shown waits for a moment.
  expect(behind(4560)).toBeGreaterThan(760);
  for (let tick = 77; tick < 92; ++tick) came(tick, 4570);
  expect(behind(4570)).toBeCloseTo(60, -1);
});

test("after a rest of 0.8 s the first frame is led up to, and time goes on from there", () => {
  const playback = new Playback({});
  for (let tick = 0; tick < 60; ++tick) {
    playback.came(tick * 50, tick * 50);
    playback.time(tick * 50, 50);
  }
  const restedMs = 800;
  for (let tick = 60; tick < 80; ++tick) {
    const now = tick * 50 + restedMs;
    playback.came(tick * 50, now);
    expect(playback.time(now, 50)).toBeCloseTo(tick * 50 - 50, 6);
  }
});
