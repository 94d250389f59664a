// What a stream has learnt since its last reset point, and where in it each model lies.
import { Memory } from "./range_decoder.js";
import type { Schema } from "./schema.js";

export const kClasses = 16;
export const kPredictors = 5;
export const kClassBits = 20;

// Offsets inside the models of a part, and of its mixers' weights.
export const kWidth = 0; // [4][kClasses][kClassBits]
export const kSign = 4 * kClasses * kClassBits; // [4][15]
export const kTop = kSign + 4 * 3 * kPredictors; // [32][4]
export const kSame = kTop + 32 * 4; // [3][kClasses]
export const kSymbol = kSame + 3 * kClasses; // [512]
export const kPartModels = kSymbol + 512;
export const kSignMixer = kClassBits * 4;
export const kSameMixer = kSignMixer + 4;
export const kPartWeights = kSameMixer + 3;

/** Of each slot and part: five errors, the last width and sign. */
export const kMemory = kPredictors + 2;

const kNumbers = ["gone", "goneGap", "appeared", "appearedGap", "keyShared", "keyLength"] as const;

export class Learnt extends Memory {
  readonly texts: number; // Of each: changed, then 32 of its length.
  readonly changed: number; // [3][64]
  readonly block: number; // [8]
  readonly sameFields: number;
  readonly field: number;
  readonly numbers: Record<(typeof kNumbers)[number], number>;
  readonly byte0: number;
  readonly byte1: number;
  readonly byte2: number;
  readonly changedMixer: number; // [4]
  readonly byteMixer: number; // [8]
  blockPast: number[] = [];
  newestPresent = 0;
  newestParts: Int32Array;
  newestTexts: Uint8Array[];
  newestKey = new Uint8Array();
  #parts: number;
  #memory = new Int32Array(64 * kMemory);
  #texts: number;

  constructor(schema: Schema) {
    const parts = schema.parts.length;
    let next = parts * kPartModels;
    const take = (count: number) => (next += count) - count;
    const texts = take(schema.texts * 33);
    const changed = take(3 * 64);
    const block = take(8);
    const sameFields = take(1);
    const field = take(schema.fields.length);
    const numbers = Object.fromEntries(kNumbers.map((name) => [name, take(32)]));
    const [byte0, byte1, byte2] = [take(256), take(2048), take(2048)];
    const partMixers = [...Array<number>(kClassBits + 1).fill(4), 3];
    const shared = Array<number>(4 + 8).fill(3);
    super(next, [...schema.parts.flatMap(() => partMixers), ...shared]);
    this.texts = texts;
    this.changed = changed;
    this.block = block;
    this.sameFields = sameFields;
    this.field = field;
    this.numbers = numbers as Learnt["numbers"];
    this.byte0 = byte0;
    this.byte1 = byte1;
    this.byte2 = byte2;
    this.changedMixer = parts * kPartWeights;
    this.byteMixer = this.changedMixer + 4 * 3;
    this.#parts = parts;
    this.#texts = schema.texts;
    this.newestParts = new Int32Array(parts);
    this.newestTexts = Array.from({ length: schema.texts }, () => new Uint8Array());
  }

  forget(): void {
    this.reset();
    this.blockPast = [];
    this.newestPresent = 0;
    this.newestParts.fill(0);
    this.newestTexts = Array.from({ length: this.#texts }, () => new Uint8Array());
    this.newestKey = new Uint8Array();
    this.#memory.fill(0);
  }

  get memory(): Int32Array {
    return this.#memory;
  }

  /** Where in `memory` a slot's part is, whoever was in the slot. */
  memoryAt(slot: number, part: number): number {
    const at = (slot * this.#parts + part) * kMemory;
    if (at + kMemory > this.#memory.length) {
      const grown = new Int32Array(Math.max(this.#memory.length * 2, at + this.#parts * kMemory));
      grown.set(this.#memory);
      this.#memory = grown;
    }
    return at;
  }
}
