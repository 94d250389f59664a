// Rows: the decisions of one frame, in order (docs/state-coding.md, "Rows"). It is the hot path of
// a client in the binary flavour.
import {
  kClassBits,
  kClasses,
  kPartModels,
  kPartWeights,
  kPredictors,
  kSame,
  kSameMixer,
  kSign,
  kSignMixer,
  kSymbol,
  kTop,
  kWidth,
  type Learnt,
} from "./learnt.js";
import { classOf, Predictions } from "./predictions.js";
import { turnOn } from "./quaternion_turn.js";
import { malformed, RangeDecoder } from "./range_decoder.js";
import type { Field, Schema } from "./schema.js";
import type { Row, Slot, StateTable } from "./table.js";

const kErrors = 0;
const kLastWidth = kPredictors;
const kLastSign = kPredictors + 1;
const kPlane = kClasses * kClassBits;
const kSigns = 3 * kPredictors;

export class Rows {
  readonly coder: RangeDecoder;
  readonly #schema: Schema;
  readonly #distance: number;
  readonly #from = new Predictions();
  readonly #strayed: Float64Array;
  readonly #row: Row;
  #neighbours = 0;
  #blocks = 0;
  #before = 0; // Class of the residual of the part before.
  #beforeSign = 0;

  constructor(
    coded: Uint8Array,
    private readonly learnt: Learnt,
    private readonly table: StateTable,
  ) {
    this.coder = new RangeDecoder(coded, learnt);
    this.#schema = table.schema;
    this.#distance = table.distance;
    const parts = this.#schema.parts.length;
    this.#strayed = new Float64Array(parts);
    this.#row = { present: 0, parts: new Int32Array(parts), texts: [] };
  }

  /** Whether anything changes in a block of slots. */
  block(block: number): boolean {
    const { blockPast } = this.learnt;
    const past = blockPast[block] ?? 0;
    const any = this.coder.flag(this.learnt.block + (((past & 3) << 1) | (this.#blocks & 1)));
    blockPast[block] = (past << 1) | any;
    this.#blocks = any;
    if (!any) this.#neighbours = 0;
    return any === 1;
  }

  changed(entity: Slot): boolean {
    const moved = this.#distance > 31 ? 0 : entity.moved >>> (this.#distance - 1);
    const past = this.#neighbours;
    const { changed, changedMixer } = this.learnt;
    const bit = this.coder.mixed3(
      changedMixer + (moved & 3) * 3,
      changed + (moved & 63),
      changed + 64 + (((moved & 3) << 4) | (past & 15)),
      changed + 128 + (((moved & 7) !== 0 ? 32 : 0) | (past & 31)),
    );
    this.#neighbours = (past << 1) | bit;
    return bit === 1;
  }

  /** The row of an entity, or of a new one (undefined). It is valid until the next. */
  row(slot: number, entity: Slot | undefined): Row {
    const { learnt, coder } = this;
    const row = this.#row;
    this.#before = 0;
    this.#beforeSign = 0;
    row.present = entity ? entity.present : learnt.newestPresent;
    const known = entity ? entity.texts : learnt.newestTexts;
    row.texts = [];
    if (!coder.flag(learnt.sameFields)) row.present = this.#present();
    const { fields } = this.#schema;
    for (let i = 0; i < fields.length; ++i) {
      const field = fields[i]!;
      const isPresent = ((row.present >>> i) & 1) === 1;
      if (field.parts === 0) {
        row.texts.push(isPresent ? this.#text(field, known[field.text]!) : new Uint8Array());
      } else if (isPresent) {
        this.#field(slot, entity, field);
      } else {
        row.parts.fill(0, field.firstPart, field.firstPart + field.parts);
      }
    }
    if (!entity) {
      learnt.newestPresent = row.present;
      learnt.newestParts.set(row.parts);
      learnt.newestTexts = row.texts;
    }
    return row;
  }

  #present(): number {
    let present = 0;
    for (let i = 0; i < this.#schema.fields.length; ++i) {
      if (this.coder.flag(this.learnt.field + i)) present |= 1 << i;
    }
    return present >>> 0;
  }

  #field(slot: number, entity: Slot | undefined, { type, firstPart }: Field): void {
    if (type === "quat") this.#quaternion(slot, entity, firstPart);
    else if (!this.#schema.parts[firstPart]!.moves) this.#symbol(slot, entity, firstPart);
    else {
      if (entity) {
        this.#predict(slot, firstPart, 4, this.#strayed[firstPart]!);
        this.#choose(slot, firstPart);
      } else {
        this.#predictNew(firstPart);
      }
      this.#magnitude(slot, entity, firstPart);
    }
  }

  #baseAt(slot: number, part: number): number {
    const { stride, depth } = this.table;
    return slot * stride + part * depth + this.#distance - 1;
  }

  #predict(slot: number, part: number, steady: number, strayed: number): void {
    const { max } = this.#schema.parts[part]!;
    const at = this.#baseAt(slot, part);
    this.#from.fromHistory(this.table.history, at, this.#distance, max, steady, strayed);
  }
  #choose(slot: number, part: number): void {
    const at = this.learnt.memoryAt(slot, part); // It may grow the memory: ask for that behind it.
    this.#from.choose(this.learnt.memory, at);
  }
  #predictNew(part: number): void {
    this.#from.alike(this.learnt.newestParts[part]!, kClasses - 1);
  }

  #magnitude(slot: number, entity: Slot | undefined, part: number): void {
    const from = this.#from;
    const at = this.learnt.memoryAt(slot, part);
    const { memory } = this.learnt;
    const predicted = from.values[from.best]!;
    const last = entity ? memory[at + kLastWidth]! : kClasses - 1;
    const residual = this.#residual(part, last);
    const isMinus = residual !== 0 && this.#isMinus(part, memory[at + kLastSign]!);
    const value = isMinus ? predicted - residual : predicted + residual;
    if (value < 0 || value > this.#schema.parts[part]!.max) throw malformed;
    from.note(value, memory, at + kErrors);
    if (from.follows) {
      const strayed = this.#strayed[part]!;
      this.#strayed[part] = strayed + Math.floor((value - from.linear - strayed) / 4);
    }
    const width = classOf(residual);
    const sign = residual === 0 ? 0 : isMinus ? 1 : 2;
    memory[at + kLastWidth] = this.#before = width;
    memory[at + kLastSign] = this.#beforeSign = sign;
    this.#row.parts[part] = value;
  }

  #isMinus(part: number, sign: number): boolean {
    const { way, best, lean } = this.#from;
    const at = part * kPartModels + kSign;
    const bit = this.coder.mixed4(
      part * kPartWeights + kSignMixer,
      at + sign * 3 + way,
      at + kSigns + this.#beforeSign,
      at + 2 * kSigns + way * kPredictors + best,
      at + 3 * kSigns + lean * kPredictors + best,
    );
    return bit === 1;
  }

  // Its bit width, each further bit a decision, then the bits behind the leading one.
  #residual(part: number, last: number): number {
    const { coder } = this;
    const { speedClass, doubt } = this.#from;
    const at = part * kPartModels + kWidth;
    const byLast = at + last * kClassBits;
    const bySpeed = at + kPlane + speedClass * kClassBits;
    const byBefore = at + 2 * kPlane + this.#before * kClassBits;
    const byDoubt = at + 3 * kPlane + doubt * kClassBits;
    const mixer = part * kPartWeights;
    let width = 0;
    for (; width < 31; ++width) {
      const a = width < kClassBits ? width : kClassBits - 1;
      if (!coder.mixed4(mixer + a * 4, byLast + a, bySpeed + a, byBefore + a, byDoubt + a)) break;
    }
    if (width > 30) throw malformed;
    if (width < 2) return width;
    const top = part * kPartModels + kTop + width * 4;
    let coded = 2 + coder.flag(top);
    let left = width - 2;
    if (left > 0) {
      coded = coded * 2 + coder.flag(top + coded);
      --left;
    }
    return left === 0 ? coded : coded * 2 ** left + coder.direct(left);
  }

  #symbol(slot: number, entity: Slot | undefined, part: number): number {
    const { learnt, coder } = this;
    const at = learnt.memoryAt(slot, part) + kLastWidth;
    const { memory } = learnt;
    const { max } = this.#schema.parts[part]!;
    const known = this.#known(slot, entity, part);
    const models = part * kPartModels;
    const same = coder.mixed3(
      part * kPartWeights + kSameMixer,
      models + kSame + (entity ? memory[at]! : kClasses - 1),
      models + kSame + kClasses + (known < kClasses ? known : kClasses - 1),
      models + kSame + 2 * kClasses + this.#before,
    );
    memory[at] = Math.min((memory[at]! >> 1) + (same ? 0 : 4), 7);
    this.#before = same ? 0 : 1;
    let value = known;
    if (!same) {
      if (max === 0) throw malformed;
      value = max === 1 ? 1 - known : this.#tree(models + kSymbol, max);
      if (value > max) throw malformed;
    }
    this.#row.parts[part] = value;
    return value;
  }

  // A part `distance` frames before, or of what appeared last.
  #known(slot: number, entity: Slot | undefined, part: number): number {
    if (!entity) return this.learnt.newestParts[part]!;
    return this.table.history[this.#baseAt(slot, part)]!;
  }

  // Bits from the top, each by those above it.
  #tree(models: number, max: number): number {
    const bits = 32 - Math.clz32(max);
    let node = 1;
    for (let i = 0; i < bits; ++i) node = node * 2 + this.coder.flag(models + node);
    return node - 2 ** bits;
  }

  // The largest component, then the other three. Where another has become the largest, only the
  // turn, continued, says where they are.
  #quaternion(slot: number, entity: Slot | undefined, part: number): void {
    const known = this.#known(slot, entity, part);
    const largest = this.#symbol(slot, entity, part);
    const { history, depth } = this.table;
    const base = this.#baseAt(slot, part);
    let steady = 0;
    while (entity && steady < 4 && history[base + 1 + steady] === largest) ++steady;
    const { max } = this.#schema.parts[part + 1]!;
    const turned = entity && turnOn(history, base, depth, max, this.#distance, largest);
    for (let component = 0; component < 4; ++component) {
      if (component === largest) continue;
      const at = part + 1 + (component < largest ? component : component - 1);
      if (!turned) {
        this.#predictNew(at);
      } else if (largest !== known) {
        this.#from.alike(turned[component]!, kClasses - 2);
      } else {
        this.#predict(slot, at, steady, 0);
        this.#from.withTurn(turned[component]!);
        this.#choose(slot, at);
      }
      this.#magnitude(slot, entity, at);
    }
  }

  #text(field: Field, before: Uint8Array): Uint8Array {
    const models = this.learnt.texts + field.text * 33;
    if (!this.coder.flag(models)) return before;
    const length = this.coder.number(models + 1);
    if (length > field.bytesMax) throw malformed;
    return this.#bytes(new Uint8Array(length), 0);
  }

  /** As much of it as the last one began with alike, then the rest. */
  key(bytesMax: number): Uint8Array {
    const { newestKey, numbers } = this.learnt;
    const shared = this.coder.number(numbers.keyShared);
    if (shared > newestKey.length) throw malformed;
    const rest = this.coder.number(numbers.keyLength);
    if (shared + rest > bytesMax) throw malformed;
    const key = new Uint8Array(shared + rest);
    key.set(newestKey.subarray(0, shared));
    this.learnt.newestKey = this.#bytes(key, shared);
    return key;
  }

  #bytes(bytes: Uint8Array<ArrayBuffer>, from: number): Uint8Array<ArrayBuffer> {
    for (let at = from; at < bytes.length; ++at) {
      const one = at >= 1 ? bytes[at - 1]! : 0;
      const two = ((at >= 2 ? bytes[at - 2]! : 0) << 8) | one;
      bytes[at] = this.#byte(one, two);
    }
    return bytes;
  }
  #byte(one: number, two: number): number {
    const { byte0, byte1, byte2, byteMixer } = this.learnt;
    let node = 1;
    for (let i = 7; i >= 0; --i) {
      const [a, b] = [byte1 + hashed(one, node), byte2 + hashed(two, node)];
      node = node * 2 + this.coder.mixed3(byteMixer + i * 3, byte0 + node, a, b);
    }
    return node & 255;
  }
}

const hashed = (context: number, node: number) =>
  (Math.imul(context, 0x9e3779b1) ^ Math.imul(node, 0x85ebca6b)) >>> 21;

