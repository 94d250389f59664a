// Predictions of a part from the frames before (docs/state-coding.md, "Predictions"). Names and
// order are those of codec/state_predict.h.
export const kClasses = 16;
export const kPredictors = 5;
const kTogether = 3;

// 0, or the bit width, capped.
export const magnitudeClass = (magnitude) => Math.min(32 - Math.clz32(magnitude), kClasses - 1);

// Every prediction the same, and no knowledge of how it moves.
export function predictAlike(value, speed) {
  const values = Array(kPredictors).fill(value);
  return { values, best: 0, speed, way: 0, doubt: speed, lean: 0, follows: false };
}

// `steady`: how many frames before the base belong together; `strayed`: what the entities before
// it in this frame have strayed from the linear prediction.
export function predictPart(values, distance, max, steady, strayed) {
  const at = (ago) => values[distance - 1 + ago];
  const base = at(0);
  const speed = steady >= 1 ? base - at(1) : 0;
  const bend = steady >= 2 ? speed - (at(1) - at(2)) : 0;
  const linear = base + speed * distance;
  let smoothed = linear;
  if (steady >= 4) {
    const now = base - at(2);
    const change = now - (at(2) - at(4));
    smoothed =
      base + Math.trunc(((now * 4 + change) * distance + change * distance * distance) / 8);
  }
  const second = linear + bend * ((distance * (distance + 1)) / 2);
  const inRange = (value) => Math.min(max, Math.max(0, value));
  return {
    values: [base, linear, second, linear + strayed, smoothed].map(inRange),
    speed: magnitudeClass(Math.abs(speed)),
    way: speed === 0 ? 0 : speed < 0 ? 1 : 2,
    linear,
    follows: true,
  };
}

export function withTurn(prediction, turned) {
  prediction.values[kTogether] = turned;
  prediction.follows = false;
  return prediction;
}

export function chooseBest(errors, prediction) {
  let best = 0;
  for (let i = 1; i < kPredictors; ++i) if (errors[i] < errors[best]) best = i;
  let second = best === 0 ? 1 : 0;
  for (let i = 0; i < kPredictors; ++i) if (i !== best && errors[i] < errors[second]) second = i;
  const apart = prediction.values[second] - prediction.values[best];
  prediction.best = best;
  prediction.doubt = magnitudeClass(Math.abs(apart));
  prediction.lean = apart === 0 ? 0 : apart < 0 ? 1 : 2;
  return prediction;
}

export function noteErrors({ values }, value, errors) {
  values.forEach((each, i) => {
    errors[i] += Math.min(Math.abs(value - each), 4095) * 4 - (errors[i] >> 2);
  });
}

// Fixed point of 14 bits: x, y, z, w.
const kOne = 16384;
const kSmallMax = 11585;

function root(square) {
  let out = 0;
  for (let bit = kOne; bit >= 1; bit /= 2) {
    if ((out + bit) * (out + bit) <= square) out += bit;
  }
  return out;
}

function turnAt(history, part, max, ago) {
  const largest = history[part][ago];
  const out = [0, 0, 0, 0];
  let left = kOne * kOne;
  for (let i = 0; i < 4; ++i) {
    if (i === largest) continue;
    const small = history[part + 1 + (i < largest ? i : i - 1)][ago];
    out[i] = Math.trunc(((2 * small - max) * kSmallMax) / max);
    left -= out[i] * out[i];
  }
  out[largest] = root(left);
  return out;
}

function product(a, b) {
  const sums = [
    a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
    a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
    a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
    a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
  ];
  const bounded = (value) => Math.min(2 * kOne, Math.max(-2 * kOne, value));
  return sums.map((sum) => bounded(Math.floor((sum + kOne / 2) / kOne)));
}

const withPositive = (turn, at) => (turn[at] < 0 ? turn.map((value) => -value) : turn);

// The quaternion turned on as it turned before the base: four components, each as a small part.
export function turnOn(history, part, max, distance, largest) {
  let turn = turnAt(history, part, max, distance - 1);
  const [x, y, z, w] = turnAt(history, part, max, distance);
  const step = withPositive(product(turn, [-x, -y, -z, w]), 3);
  for (let i = 0; i < distance; ++i) turn = product(step, turn);
  return withPositive(turn, largest).map((value) => {
    const doubled = Math.trunc((value * max) / kSmallMax) + max + 1;
    return Math.min(max, Math.max(0, Math.trunc(doubled / 2)));
  });
}
