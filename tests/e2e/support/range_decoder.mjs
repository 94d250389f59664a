// The range decoder and its models (docs/state-coding.md, "Decisions"). Whole numbers of 32 bits
// only; >>> 0 makes them unsigned.

export class RangeDecoder {
  #bytes;
  #at = 0;
  #range = 0xffffffff;
  #code = 0;

  constructor(bytes) {
    this.#bytes = bytes;
    for (let i = 0; i < 4; ++i) this.#code = this.#shifted();
  }

  // A decision whose one has the probability `one` / 4096, 1 to 4095.
  bit(one) {
    const bound = (this.#range >>> 12) * one;
    const value = this.#code < bound;
    if (value) {
      this.#range = bound;
    } else {
      this.#code -= bound;
      this.#range -= bound;
    }
    this.#normalise();
    return value ? 1 : 0;
  }

  // `count` bits that are one as often as not, at most 30, the most significant first.
  direct(count) {
    let value = 0;
    for (let i = 0; i < count; ++i) {
      this.#range >>>= 1;
      const one = this.#code >= this.#range;
      if (one) this.#code -= this.#range;
      value = value * 2 + (one ? 1 : 0);
      this.#normalise();
    }
    return value;
  }

  // At most four zeros may have been left away at the end.
  get overrun() {
    return this.#at > this.#bytes.length + 4;
  }
  get atEnd() {
    return this.#at >= this.#bytes.length;
  }

  #normalise() {
    while (this.#range < 0x1000000) {
      this.#range = (this.#range << 8) >>> 0;
      this.#code = this.#shifted();
    }
  }
  #shifted() {
    const byte = this.#at < this.#bytes.length ? this.#bytes[this.#at] : 0;
    ++this.#at;
    return ((this.#code << 8) | byte) >>> 0;
  }
}

// 4096 / (1 + e^-x) for x = -8 to 8 in halves.
const kSigmoid = [
  1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348, 3607,
  3785, 3901, 3975, 4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094,
];

// The probability in 1 / 4096 of a logit in 1 / 256.
function squash(logit) {
  if (logit > 2047) return 4095;
  if (logit < -2047) return 1;
  const fraction = (logit + 2048) & 127;
  const step = (logit + 2048) >> 7;
  return (kSigmoid[step] * (128 - fraction) + kSigmoid[step + 1] * fraction + 64) >> 7;
}

// Of each probability the least logit that has at least it.
const kStretch = makeStretch();
function makeStretch() {
  const table = new Int16Array(4096).fill(2047);
  let next = 0;
  for (let logit = -2047; logit <= 2047; ++logit) {
    for (; next <= squash(logit); ++next) table[next] = logit;
  }
  return table;
}

export const model = () => ({ one: 32768, seen: 0 });
export const models = (count, make = model) => Array.from({ length: count }, make);
export const mixer = (inputs = 3) => ({ weights: Array(inputs).fill(78000 / inputs) });

function learn(of, bit) {
  const error = (bit ? 65535 : 0) - of.one;
  const rate = Math.floor(32768 / (2 * of.seen + 3));
  of.one += (error * rate) >> 14;
  if (of.seen < 120) ++of.seen;
}

// A decision by one model.
export function decide(coder, of) {
  const bit = coder.bit(Math.max(1, of.one >> 4));
  learn(of, bit);
  return bit;
}

// A decision by several models, weighed.
export function decideMixed(coder, { weights }, several) {
  const inputs = several.map(({ one }) => kStretch[one >> 4]);
  const sum = inputs.reduce((all, input, i) => all + ((weights[i] * input) >> 8), 0);
  const estimate = squash(sum >> 8);
  const bit = coder.bit(estimate);
  const error = ((bit ? 4096 : 0) - estimate) * 6;
  for (let i = 0; i < weights.length; ++i) {
    const weight = weights[i] + ((inputs[i] * error + 0x2000) >> 14);
    weights[i] = Math.min(0x7ffff, Math.max(-0x7ffff, weight));
    learn(several[i], bit);
  }
  return bit;
}
