// How far from the truth remote entities are drawn, over a link of 100 ms with 30 ms of jitter and
// stalls: with the timeline and without it, and each of its defaults against what else it could be.
import { expect, test } from "vitest";
import type { Fields } from "../src/messages.js";
import { Timeline, type TimelineOptions } from "../src/time/index.js";
import { arrivals, errorOf, kBadLink, kHz, match } from "./wire_sim.js";

const kLengthMs = 60_000;
const kFrameMs = 1000 / 60;
const kSkipMs = 3000; // Until the playback has found its place.

type Draw = (now: number) => { time: number; entities: Map<string, Fields> };

const truth = match(10, kLengthMs, 1);
const frames = arrivals(truth, kLengthMs, kBadLink, 2);

// At each drawn frame: how far each entity is from where it was at the time that is drawn.
function measure(feed: (arrival: (typeof frames)[number]) => void, draw: Draw) {
  const errors: number[] = [];
  const jumps: number[] = [];
  const ages: number[] = [];
  const last = new Map<string, { x: number; y: number }>();
  let next = 0;
  for (let now = 0; now < kLengthMs; now += kFrameMs) {
    while (next < frames.length && frames[next]!.now <= now) feed(frames[next++]!);
    if (now < kSkipMs) continue;
    const { time, entities } = draw(now);
    ages.push(now - time);
    for (const [name, fields] of entities) {
      const [x, y] = [fields.x as number, fields.y as number];
      errors.push(distance({ x, y }, truth.at(name, time)));
      const before = last.get(name);
      if (before) jumps.push(distance({ x, y }, before));
      last.set(name, { x, y });
    }
  }
  return { ...errorOf(errors), jump: errorOf(jumps), age: errorOf(ages).mean };
}

const distance = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.hypot(a.x - b.x, a.y - b.y);

// The newest state, drawn as it comes; of a time that flatters it most: its mean age.
function without(isPresent = false) {
  const newest = new Map<string, Fields>();
  const age = kBadLink.latencyMs + kBadLink.jitterMs / 2 + 500 / kHz;
  return measure(
    ({ changed }) => {
      for (const [name, fields] of changed) newest.set(name, fields);
    },
    (now) => ({ time: isPresent ? now : now - age, entities: newest }),
  );
}

function withTimeline(options: TimelineOptions, isPresent = false) {
  const timeline = new Timeline({ hz: kHz, ...options });
  return measure(
    ({ tick, now, changed }) => {
      timeline.frame(tick, now);
      for (const [name, fields] of changed) timeline.set(name, tick, fields);
    },
    (now) => {
      if (!isPresent) {
        const time = timeline.time(now);
        return { time, entities: timeline.at(time) };
      }
      return { time: now, entities: timeline.at(timeline.present(now, kBadLink.latencyMs)) };
    },
  );
}

const table: { [name: string]: ReturnType<typeof without> } = {
  "newest state, as it comes": without(),
  "timeline (defaults)": withTimeline({}),
  linear: withTimeline({ numbers: "linear" }),
  "no extrapolation": withTimeline({ extrapolateMs: 0 }),
  "extrapolation 100 ms": withTimeline({ extrapolateMs: 100 }),
  "extrapolation 500 ms": withTimeline({ extrapolateMs: 500 }),
  "share 0.8": withTimeline({ share: 0.8 }),
  "share 0.9": withTimeline({ share: 0.9 }),
  "share 1": withTimeline({ share: 1 }),
  "fixed 50 ms": withTimeline({ delayMs: 50 }),
  "fixed 100 ms": withTimeline({ delayMs: 100 }),
  "of now: newest state": without(true),
  "of now: timeline, present": withTimeline({}, true),
};
for (const [name, { mean, p95, jump, age }] of Object.entries(table)) {
  const numbers = [mean, p95, jump.p95, age].map((each) => each.toFixed(2).padStart(8));
  console.log(`${name.padEnd(28)} mean, p95, jump p95, age ms: ${numbers.join("")}`);
}

const of = (name: string) => table[name]!;

test("the timeline draws nearer to the truth than the newest state, mean and p95", () => {
  const [plain, ours] = [of("newest state, as it comes"), of("timeline (defaults)")];
  expect(ours.mean).toBeLessThan(plain.mean / 4);
  expect(ours.p95).toBeLessThan(plain.p95 / 4);
  expect(ours.jump.p95).toBeLessThan(plain.jump.p95 / 2);
});

test("each default is the better setting", () => {
  const ours = of("timeline (defaults)");
  const others = ["linear", "no extrapolation", "extrapolation 100 ms", "share 0.8", "fixed 50 ms"];
  for (const other of others) {
    expect(ours.mean, other).toBeLessThan(of(other).mean);
    expect(ours.p95, other).toBeLessThanOrEqual(of(other).p95);
  }
  // A third of the delay that never is late would take, for nearly its precision.
  expect(ours.age).toBeLessThan(of("share 1").age * 0.7);
});

test("carried on to the present, entities are nearer to where they are than their newest state", () => {
  const [plain, ours] = [of("of now: newest state"), of("of now: timeline, present")];
  expect(ours.mean).toBeLessThan(plain.mean / 2);
  expect(ours.p95).toBeLessThan(plain.p95 / 1.5);
});
