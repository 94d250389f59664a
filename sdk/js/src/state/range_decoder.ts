// The range decoder, its models and mixers (docs/state-coding.md, "Decisions"), flat in typed
// arrays: a model is an index into `one` and `seen`, a mixer one into `weights`.

/** Thrown where the bytes are no encoder's; caught in the decoder. */
export const malformed = new Error("no encoder wrote this");

// 4096 / (1 + e^-x) for x = -8 to 8 in halves.
const kSigmoid = [
  1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348, 3607,
  3785, 3901, 3975, 4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094,
];

function squashOf(logit: number): number {
  const fraction = (logit + 2048) & 127;
  const step = (logit + 2048) >> 7;
  return (kSigmoid[step]! * (128 - fraction) + kSigmoid[step + 1]! * fraction + 64) >> 7;
}

// The probability in 1 / 4096 of a logit in 1 / 256, from -2047 on.
const kSquash = Uint16Array.from({ length: 4095 }, (_, i) => squashOf(i - 2047));

// Of each probability the least logit that has at least it.
const kStretch = new Int16Array(4096).fill(2047);
for (let next = 0, logit = -2047; logit <= 2047; ++logit) {
  for (; next <= kSquash[logit + 2047]!; ++next) kStretch[next] = logit;
}

const kRate = Int32Array.from({ length: 121 }, (_, seen) => Math.floor(32768 / (2 * seen + 3)));
const kWeightMax = 0x7ffff;

/** Models and mixers of a stream. */
export class Memory {
  readonly one: Uint16Array;
  readonly seen: Uint8Array;
  readonly weights: Int32Array;
  readonly #fresh: Int32Array;

  /** `mixers`: of each the number of its inputs, in order. */
  constructor(models: number, mixers: number[]) {
    this.one = new Uint16Array(models);
    this.seen = new Uint8Array(models);
    this.#fresh = Int32Array.from(mixers.flatMap((n) => Array<number>(n).fill(78000 / n)));
    this.weights = new Int32Array(this.#fresh.length);
    this.reset();
  }

  reset(): void {
    this.one.fill(32768);
    this.seen.fill(0);
    this.weights.set(this.#fresh);
  }
}

export class RangeDecoder {
  #bytes: Uint8Array;
  #at = 0;
  // Unsigned numbers of 32 bits, kept as signed ones: those fit into the engine's small integers.
  #range = -1;
  #code = 0;
  #one: Uint16Array;
  #seen: Uint8Array;
  #weights: Int32Array;

  constructor(bytes: Uint8Array, memory: Memory) {
    this.#bytes = bytes;
    this.#one = memory.one;
    this.#seen = memory.seen;
    this.#weights = memory.weights;
    for (let i = 0; i < 4; ++i) this.#shift();
  }

  /** A decision by one model. */
  flag(model: number): number {
    const q = this.#one[model]! >> 4;
    const bit = this.#bit(q > 0 ? q : 1);
    this.#learn(model, bit);
    return bit;
  }

  /** A decision by three models, weighed. */
  mixed3(mixer: number, a: number, b: number, c: number): number {
    const weights = this.#weights;
    const one = this.#one;
    const ia = kStretch[one[a]! >> 4]!;
    const ib = kStretch[one[b]! >> 4]!;
    const ic = kStretch[one[c]! >> 4]!;
    const sum =
      ((weights[mixer]! * ia) >> 8) +
      ((weights[mixer + 1]! * ib) >> 8) +
      ((weights[mixer + 2]! * ic) >> 8);
    const estimate = squash(sum >> 8);
    const bit = this.#bit(estimate);
    const error = ((bit << 12) - estimate) * 6;
    weights[mixer] = moved(weights[mixer]!, ia, error);
    weights[mixer + 1] = moved(weights[mixer + 1]!, ib, error);
    weights[mixer + 2] = moved(weights[mixer + 2]!, ic, error);
    this.#learn(a, bit);
    this.#learn(b, bit);
    this.#learn(c, bit);
    return bit;
  }

  /** The same by four. */
  mixed4(mixer: number, a: number, b: number, c: number, d: number): number {
    const weights = this.#weights;
    const one = this.#one;
    const ia = kStretch[one[a]! >> 4]!;
    const ib = kStretch[one[b]! >> 4]!;
    const ic = kStretch[one[c]! >> 4]!;
    const id = kStretch[one[d]! >> 4]!;
    const sum =
      ((weights[mixer]! * ia) >> 8) +
      ((weights[mixer + 1]! * ib) >> 8) +
      ((weights[mixer + 2]! * ic) >> 8) +
      ((weights[mixer + 3]! * id) >> 8);
    const estimate = squash(sum >> 8);
    const bit = this.#bit(estimate);
    const error = ((bit << 12) - estimate) * 6;
    weights[mixer] = moved(weights[mixer]!, ia, error);
    weights[mixer + 1] = moved(weights[mixer + 1]!, ib, error);
    weights[mixer + 2] = moved(weights[mixer + 2]!, ic, error);
    weights[mixer + 3] = moved(weights[mixer + 3]!, id, error);
    this.#learn(a, bit);
    this.#learn(b, bit);
    this.#learn(c, bit);
    this.#learn(d, bit);
    return bit;
  }

  /** `count` bits that are one as often as not, at most 30, the most significant first. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; ++i) {
      const half = this.#range >>> 1;
      const isOne = this.#code >>> 0 >= half;
      this.#range = half | 0;
      if (isOne) this.#code = (this.#code - half) | 0;
      value = value * 2 + (isOne ? 1 : 0);
      while (this.#range >>> 0 < 0x1000000) this.#normalise();
    }
    return value;
  }

  /** A whole number below 2^31, by 32 models. */
  number(models: number): number {
    let width = 0;
    while (width < 31 && this.flag(models + width)) ++width;
    return width <= 1 ? width : 2 ** (width - 1) + this.direct(width - 1);
  }

  /** Throws unless all bytes were needed. */
  end(): void {
    if (this.#at < this.#bytes.length) throw malformed;
  }

  #bit(q: number): number {
    const range = this.#range;
    const bound = Math.imul(range >>> 12, q);
    let bit = 1;
    if (this.#code >>> 0 < bound >>> 0) {
      this.#range = bound;
    } else {
      bit = 0;
      this.#code = (this.#code - bound) | 0;
      this.#range = (range - bound) | 0;
    }
    while (this.#range >>> 0 < 0x1000000) this.#normalise();
    return bit;
  }

  #learn(model: number, bit: number): void {
    const one = this.#one[model]!;
    const seen = this.#seen[model]!;
    const error = (bit ? 65535 : 0) - one;
    this.#one[model] = one + ((error * kRate[seen]!) >> 14);
    if (seen < 120) this.#seen[model] = seen + 1;
  }

  #normalise(): void {
    this.#range <<= 8;
    this.#shift();
  }

  #shift(): void {
    const at = this.#at++;
    let byte = 0;
    if (at < this.#bytes.length) byte = this.#bytes[at]!;
    else if (at >= this.#bytes.length + 4) throw malformed; // Four zeros may be left away.
    this.#code = (this.#code << 8) | byte;
  }
}

function squash(logit: number): number {
  if (logit > 2047) return 4095;
  return logit < -2047 ? 1 : kSquash[logit + 2047]!;
}

function moved(weight: number, input: number, error: number): number {
  const next = weight + ((input * error + 0x2000) >> 14);
  return next > kWeightMax ? kWeightMax : next < -kWeightMax ? -kWeightMax : next;
}
