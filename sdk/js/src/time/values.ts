// Values between two samples: straight, curved, turning, or not at all.
import type { Json } from "../messages.js";

/**
 * How a field goes from one sample to the next: `linear`; `hermite`, a curve whose speed does not
 * jump at the samples; `angle` and `degrees`, the shorter way round; `slerp` for quaternions
 * [x,y,z,w]; `step`, from one to the next at once.
 */
export type Mode = "linear" | "hermite" | "angle" | "degrees" | "slerp" | "step";

/** Samples around a time, times in ms. `before` and `after` may be missing at the ends. */
export interface Span {
  before: Sample | undefined;
  from: Sample;
  to: Sample;
  after: Sample | undefined;
}
export interface Sample {
  time: number;
  value: Json;
}

/** The value at `time`; beyond `to` it goes on as it went (extrapolation). */
export function valueAt(mode: Mode, span: Span, time: number): Json {
  const { from, to } = span;
  const length = to.time - from.time;
  const share = length > 0 ? (time - from.time) / length : 1;
  if (mode === "slerp") return slerpOf(from.value, to.value, share);
  const turn = mode === "angle" ? 2 * Math.PI : mode === "degrees" ? 360 : 0;
  if (mode === "step" || typeof from.value !== "number" || typeof to.value !== "number") {
    return share < 1 ? from.value : to.value;
  }
  if (mode === "hermite" && share <= 1) return hermite(span, share);
  if (turn > 0) return wrapped(from.value + shorter(to.value - from.value, turn) * share, turn);
  return from.value + (to.value - from.value) * share;
}

/** A difference of angles, the shorter way: at most half a turn. */
export function shorter(difference: number, turn: number): number {
  return difference - turn * Math.round(difference / turn);
}

/** In -half to +half a turn. */
const wrapped = (angle: number, turn: number) => shorter(angle, turn);

const numberOf = (sample: Sample | undefined) =>
  typeof sample?.value === "number" ? sample.value : undefined;

// Speeds at the ends: of the samples beside them (Catmull-Rom, uneven), or of the span itself.
function hermite({ before, from, to, after }: Span, share: number): number {
  const a = from.value as number;
  const b = to.value as number;
  const length = to.time - from.time;
  const own = (b - a) / length;
  const slope = (x: Sample | undefined, at: Sample) => {
    const other = numberOf(x);
    if (other === undefined || x!.time === at.time) return own;
    const beside = ((at.value as number) - other) / (at.time - x!.time);
    const width = Math.abs(at.time - x!.time);
    return (own * width + beside * length) / (width + length);
  };
  const in0 = slope(before, from) * length;
  const in1 = slope(after, to) * length;
  const s2 = share * share;
  const s3 = s2 * share;
  return (
    (2 * s3 - 3 * s2 + 1) * a + (s3 - 2 * s2 + share) * in0 + (3 * s2 - 2 * s3) * b + (s3 - s2) * in1
  );
}

export type Quaternion = [number, number, number, number];

const isQuaternion = (value: Json): value is Quaternion =>
  Array.isArray(value) && value.length === 4 && value.every((each) => typeof each === "number");

function slerpOf(from: Json, to: Json, share: number): Json {
  if (!isQuaternion(from) || !isQuaternion(to)) return share < 1 ? from : to;
  return slerp(from, to, share);
}

/** Along the shorter great arc; shares beyond 1 go on along it. */
export function slerp(from: Quaternion, to: Quaternion, share: number): Quaternion {
  let dot = from[0] * to[0] + from[1] * to[1] + from[2] * to[2] + from[3] * to[3];
  const sign = dot < 0 ? -1 : 1;
  dot = Math.min(1, dot * sign);
  const angle = Math.acos(dot);
  const sine = Math.sin(angle);
  const near = sine < 1e-4; // As good as straight.
  const a = near ? 1 - share : Math.sin((1 - share) * angle) / sine;
  const b = (near ? share : Math.sin(share * angle) / sine) * sign;
  const out = from.map((each, i) => each * a + to[i]! * b) as Quaternion;
  const length = Math.hypot(...out) || 1;
  return out.map((each) => each / length) as Quaternion;
}
