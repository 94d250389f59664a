// The turn of a quaternion, continued (docs/state-coding.md, "A quaternion"): whole numbers, fixed
// point of 14 bits, [x, y, z, w].

const kOne = 16384;
const kSmallMax = 11585;

function root(square: number): number {
  let out = 0;
  for (let bit = kOne; bit >= 1; bit /= 2) {
    if ((out + bit) * (out + bit) <= square) out += bit;
  }
  return out;
}

// `at`: the index of the first part's value; the next part's lies `stride` further.
function turnAt(history: Int32Array, at: number, stride: number, max: number): number[] {
  const largest = history[at]!;
  const out = [0, 0, 0, 0];
  let left = kOne * kOne;
  for (let i = 0; i < 4; ++i) {
    if (i === largest) continue;
    const small = history[at + stride * (1 + (i < largest ? i : i - 1))]!;
    out[i] = Math.trunc(((2 * small - max) * kSmallMax) / max);
    left -= out[i]! * out[i]!;
  }
  out[largest] = root(left);
  return out;
}

function product(a: number[], b: number[]): number[] {
  const [ax, ay, az, aw] = a as [number, number, number, number];
  const [bx, by, bz, bw] = b as [number, number, number, number];
  const sums = [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
  const bounded = (value: number) => Math.min(2 * kOne, Math.max(-2 * kOne, value));
  return sums.map((sum) => bounded(Math.floor((sum + kOne / 2) / kOne)));
}

const withPositive = (turn: number[], at: number) =>
  turn[at]! < 0 ? turn.map((value) => -value) : turn;

/**
 * The quaternion turned on as it turned before the base: four components, each as a small part.
 * `at`: the first part's value in the base; the frame before it is the next value.
 */
export function turnOn(
  history: Int32Array,
  at: number,
  stride: number,
  max: number,
  distance: number,
  largest: number,
): number[] {
  let turn = turnAt(history, at, stride, max);
  const [x, y, z, w] = turnAt(history, at + 1, stride, max) as [number, number, number, number];
  const step = withPositive(product(turn, [-x, -y, -z, w]), 3);
  for (let i = 0; i < distance; ++i) turn = product(step, turn);
  return withPositive(turn, largest).map((value) => {
    const doubled = Math.trunc((value * max) / kSmallMax) + max + 1;
    return Math.min(max, Math.max(0, Math.trunc(doubled / 2)));
  });
}
