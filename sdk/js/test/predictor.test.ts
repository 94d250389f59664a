// Prediction and reconciliation, over the same bad link as interpolation.test.ts.
import { expect, test } from "vitest";
import { Predictor, type NumberedInput } from "../src/time/index.js";
import { dice } from "./support.js";
import { errorOf, kBadLink } from "./wire_sim.js";

interface Player {
  x: number;
  speed: number;
}
interface Input {
  push: number;
}

const kFrameMs = 1000 / 60;
const step = ({ x, speed }: Player, { push }: Input): Player => {
  const next = speed * 0.9 + push;
  return { x: x + next, speed: next };
};
const start = { x: 0, speed: 0 };
const made = (more = {}) =>
  new Predictor<Player, Input>({ state: start, step, smooth: ["x"], ...more });

test("the own player reacts within the frame, and ends where the authority has it", () => {
  const me = made();
  const roll = dice(3);
  const up: { at: number; sent: NumberedInput<Input> }[] = [];
  const down: { at: number; seq: number; state: Player }[] = [];
  let truth: Player = start;
  let known: Player = start; // What a client without prediction draws.
  const predicted: number[] = [];
  const plain: number[] = [];
  let [upAt, downAt] = [0, 0];
  const delay = () => kBadLink.latencyMs / 2 + (roll() * kBadLink.jitterMs) / 2;
  for (let frame = 0; frame < 3600; ++frame) {
    const now = frame * kFrameMs;
    while (up[0] && up[0].at <= now) {
      const { seq, input } = up.shift()!.sent;
      truth = step(truth, input);
      // The authority disagrees now and then: somebody was in the way.
      if (roll() < 0.02) truth = { x: truth.x - 3, speed: 0 };
      downAt = Math.max(downAt, now + delay());
      down.push({ at: downAt, seq, state: truth });
    }
    while (down[0] && down[0].at <= now) {
      const { seq, state } = down.shift()!;
      known = state;
      me.acknowledge(seq, state, now);
    }
    const before = me.view(now).x;
    const push = Math.round(Math.sin(frame / 60)) || 1;
    const sent = me.apply({ push });
    expect(Math.sign(me.view(now).x - before)).toBe(Math.sign(me.state.speed));
    upAt = Math.max(upAt, now + delay());
    up.push({ at: upAt, sent });
    // The present of the player: the authority's state when all that was sent has arrived.
    const present = up.reduce((at, { sent: { input } }) => step(at, input), truth);
    predicted.push(Math.abs(me.view(now).x - present.x));
    plain.push(Math.abs(known.x - present.x));
  }
  const [ours, theirs] = [errorOf(predicted), errorOf(plain)];
  console.log("own player, with prediction and without:", ours, theirs);
  expect(ours.mean).toBeLessThan(theirs.mean / 4);
  expect(ours.p95).toBeLessThan(theirs.p95 / 2);
  const end = 1e9;
  for (const { sent } of up) truth = step(truth, sent.input);
  me.acknowledge(me.pending.at(-1)!.seq, truth, end);
  expect(me.view(end + 10_000).x).toBeCloseTo(truth.x, 6);
  expect(me.pending).toEqual([]);
});

test("a correction is drawn away smoothly; one that is too large is jumped to", () => {
  const me = made({ smoothMs: 100, snapAt: 10 });
  const { seq } = me.apply({ push: 1 });
  me.acknowledge(seq, { x: 5, speed: 0 }, 1000);
  expect(me.view(1000).x).toBeCloseTo(1, 9); // As it was drawn.
  expect(me.view(1100).x).toBeCloseTo(5 - 0.4, 9); // A tenth is left.
  expect(me.view(3000).x).toBeCloseTo(5, 6);
  me.acknowledge(me.apply({ push: 0 }).seq, { x: 500, speed: 0 }, 4000);
  expect(me.view(4000).x).toBe(500);
});

test("inputs keep their numbers over a break: what is pending is said again, answers come once", () => {
  const me = made();
  for (let i = 0; i < 5; ++i) me.apply({ push: 1 });
  me.acknowledge(2, step(step(start, { push: 1 }), { push: 1 }), 0);
  expect(me.pending.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  const before = me.state;
  me.acknowledge(1, { x: -999, speed: 0 }, 0); // An answer of before the break, late.
  expect(me.state).toEqual(before);
  expect(me.apply({ push: 1 }).seq).toBe(6);
});

test("inputs that wait are bounded", () => {
  const me = made({ inputsMax: 3 });
  for (let i = 0; i < 10; ++i) me.apply({ push: 1 });
  expect(me.pending.map(({ seq }) => seq)).toEqual([8, 9, 10]);
});
