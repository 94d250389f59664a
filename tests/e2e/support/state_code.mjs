// One frame's decisions, in order: rows, their parts and texts (docs/state-coding.md, "Rows").
// Names and order are those of codec/state_code.h.
import { RangeDecoder, decide, decideMixed, mixer, model, models } from './range_decoder.mjs';
import {
  chooseBest,
  kClasses,
  kPredictors,
  magnitudeClass,
  noteErrors,
  predictAlike,
  predictPart,
  turnOn,
  withTurn,
} from './state_predict.mjs';

export const malformed = new Error('no encoder wrote this');

const kClassBits = 20;

const table = (rows, columns) => models(rows, () => models(columns));

function partModels() {
  return {
    width: models(4, () => table(kClasses, kClassBits)),
    widthMixer: models(kClassBits, () => mixer(4)),
    sign: table(4, 3 * kPredictors),
    signMixer: mixer(4),
    top: table(32, 4),
    same: table(3, kClasses),
    sameMixer: mixer(),
    symbol: models(512),
  };
}

// What a stream has learnt since its last reset point.
export class StateModels {
  constructor(schema) {
    this.parts = schema.parts.map(partModels);
    this.texts = models(schema.texts, () => ({ changed: model(), length: models(32) }));
    this.changed = table(3, 64);
    this.changedMixer = models(4, () => mixer());
    this.block = models(8);
    this.blockPast = [];
    this.sameFields = model();
    this.field = models(schema.fields.length);
    this.numbers = {};
    for (const name of ['gone', 'goneGap', 'appeared', 'appearedGap', 'keyShared', 'keyLength']) {
      this.numbers[name] = models(32);
    }
    this.byte0 = models(256);
    this.byte1 = models(2048);
    this.byte2 = models(2048);
    this.byteMixer = models(8, () => mixer());
    this.newest = {
      present: 0,
      parts: Array(schema.parts.length).fill(0),
      texts: Array(schema.texts).fill(new Uint8Array()),
    };
    this.newestKey = new Uint8Array();
    this.#memory = new Map();
  }
  #memory;

  // How a slot's part has gone so far, whoever was in the slot.
  memory(slot, part) {
    const at = slot * this.parts.length + part;
    if (!this.#memory.has(at)) this.#memory.set(at, { errors: Array(kPredictors).fill(0), width: 0, sign: 0 });
    return this.#memory.get(at);
  }
}

export class StateCode {
  constructor(coded, learnt, known) {
    this.coder = new RangeDecoder(coded);
    this.models = learnt;
    this.table = known;
    this.schema = known.schema;
    this.neighbours = 0;
    this.blocks = 0;
    this.strayed = Array(this.schema.parts.length).fill(0);
  }

  end() {
    if (this.coder.overrun || !this.coder.atEnd) throw malformed;
  }

  flag(of) {
    if (this.coder.overrun) throw malformed;
    return decide(this.coder, of);
  }
  mixed(mix, several) {
    if (this.coder.overrun) throw malformed;
    return decideMixed(this.coder, mix, several);
  }

  // A whole number below 2^31.
  number(name) {
    return this.numberBy(this.models.numbers[name]);
  }
  numberBy(of) {
    let width = 0;
    while (width < 31 && this.flag(of[width])) ++width;
    return width <= 1 ? width : 2 ** (width - 1) + this.coder.direct(width - 1);
  }

  // Whether anything changes in a block of slots.
  block(block) {
    const past = this.models.blockPast[block] ?? 0;
    const any = this.flag(this.models.block[((past & 3) << 1) | (this.blocks & 1)]);
    this.models.blockPast[block] = (past << 1) | any;
    this.blocks = (this.blocks << 1) | any;
    if (!any) this.neighbours = 0;
    return any;
  }

  changed(entity) {
    const { distance } = this.table;
    const moved = distance > 31 ? 0 : entity.moved >>> (distance - 1);
    const past = this.neighbours;
    const [own, both, near] = this.models.changed;
    const changed = this.mixed(this.models.changedMixer[moved & 3], [
      own[moved & 63],
      both[((moved & 3) << 4) | (past & 15)],
      near[((moved & 7) !== 0 ? 32 : 0) | (past & 31)],
    ]);
    this.neighbours = (past << 1) | changed;
    return changed;
  }

  // The row of an entity, or of a new one (undefined).
  row(slot, entity) {
    this.before = 0; // class of the residual of the part before
    this.beforeSign = 0;
    const before = entity ?? this.models.newest;
    const row = { present: before.present, parts: [], texts: [] };
    if (!this.flag(this.models.sameFields)) row.present = this.#present();
    this.schema.fields.forEach((field, i) => {
      if (((row.present >>> i) & 1) === 0) {
        if (field.parts === 0) row.texts.push(new Uint8Array());
        for (let k = 0; k < field.parts; ++k) row.parts.push(0);
      } else if (field.parts === 0) {
        row.texts.push(this.#text(field, before.texts[field.text]));
      } else {
        row.parts.push(...this.#field(slot, entity, field));
      }
    });
    if (!entity) this.models.newest = row;
    return row;
  }

  #present() {
    let present = 0;
    this.models.field.forEach((of, i) => {
      present += this.flag(of) * 2 ** i;
    });
    return present;
  }

  #field(slot, entity, { type, firstPart }) {
    if (type === 'quat') return this.#quaternion(slot, entity, firstPart);
    if (!this.schema.parts[firstPart].moves) return [this.#symbol(slot, entity, firstPart)];
    const from = entity ? this.#predict(slot, entity, firstPart, 4) : this.#predictNew(firstPart);
    return [this.#magnitude(slot, entity, firstPart, from)];
  }

  #predict(slot, { history }, part, steady) {
    const { max } = this.schema.parts[part];
    const from = predictPart(history[part], this.table.distance, max, steady, this.strayed[part]);
    return chooseBest(this.models.memory(slot, part).errors, from);
  }
  #predictNew(part) {
    return predictAlike(this.models.newest.parts[part], kClasses - 1);
  }

  #magnitude(slot, entity, part, from) {
    const memory = this.models.memory(slot, part);
    const of = this.models.parts[part];
    const predicted = from.values[from.best];
    const residual = this.#residual(of, entity ? memory.width : kClasses - 1, from);
    const minus = residual !== 0 && this.#minus(of, memory, from);
    const value = minus ? predicted - residual : predicted + residual;
    if (value < 0 || value > this.schema.parts[part].max) throw malformed;
    noteErrors(from, value, memory.errors);
    if (from.follows) {
      this.strayed[part] += Math.floor((value - from.linear - this.strayed[part]) / 4);
    }
    memory.width = magnitudeClass(residual);
    memory.sign = residual === 0 ? 0 : minus ? 1 : 2;
    this.before = memory.width;
    this.beforeSign = memory.sign;
    return value;
  }

  #minus(of, memory, { way, best, lean }) {
    const models = [
      of.sign[0][memory.sign * 3 + way],
      of.sign[1][this.beforeSign],
      of.sign[2][way * kPredictors + best],
      of.sign[3][lean * kPredictors + best],
    ];
    return this.mixed(of.signMixer, models) === 1;
  }

  // Its bit width, each further bit a decision, then the bits behind the leading one.
  #residual(of, last, { speed, doubt }) {
    let width = 0;
    for (; width < 31; ++width) {
      const at = Math.min(width, kClassBits - 1);
      const [byLast, bySpeed, byBefore, byDoubt] = of.width;
      const models = [
        byLast[last][at],
        bySpeed[speed][at],
        byBefore[this.before][at],
        byDoubt[doubt][at],
      ];
      if (!this.mixed(of.widthMixer[at], models)) break;
    }
    if (width > 30) throw malformed;
    if (width === 0) return 0;
    let coded = 1;
    let left = width - 1;
    for (let depth = 0; depth < 2 && left > 0; ++depth) {
      --left;
      coded = coded * 2 + this.flag(of.top[width][depth === 0 ? 0 : coded]);
    }
    return left === 0 ? coded : coded * 2 ** left + this.coder.direct(left);
  }

  #symbol(slot, entity, part) {
    const memory = this.models.memory(slot, part);
    const of = this.models.parts[part];
    const { max } = this.schema.parts[part];
    const before = this.#known(entity, part);
    const same = this.mixed(of.sameMixer, [
      of.same[0][entity ? memory.width : kClasses - 1],
      of.same[1][Math.min(before, kClasses - 1)],
      of.same[2][this.before],
    ]);
    memory.width = Math.min((memory.width >> 1) + (same ? 0 : 4), 7);
    this.before = same ? 0 : 1;
    if (same) return before;
    if (max === 0) throw malformed;
    const value = max === 1 ? 1 - before : this.#tree(of, max);
    if (value > max) throw malformed;
    return value;
  }

  // A part `distance` frames before, or of what appeared last.
  #known(entity, part) {
    return entity ? entity.history[part][this.table.distance - 1] : this.models.newest.parts[part];
  }

  // Bits from the top, each by those above it.
  #tree(of, max) {
    const bits = 32 - Math.clz32(max);
    let node = 1;
    for (let i = 0; i < bits; ++i) node = node * 2 + this.flag(of.symbol[node]);
    return node - 2 ** bits;
  }

  // The largest component, then the other three. Where another has become the largest, only the
  // turn, continued, says where they are.
  #quaternion(slot, entity, part) {
    const { distance } = this.table;
    const before = this.#known(entity, part);
    const largest = this.#symbol(slot, entity, part);
    let steady = 0;
    while (entity && steady < 4 && entity.history[part][distance + steady] === largest) ++steady;
    const { max } = this.schema.parts[part + 1];
    const turned = entity && turnOn(entity.history, part, max, distance, largest);
    const values = [largest];
    for (let component = 0; component < 4; ++component) {
      if (component === largest) continue;
      const at = part + 1 + (component < largest ? component : component - 1);
      const from = !entity
        ? this.#predictNew(at)
        : largest === before
          ? this.#predictTurn(slot, entity, at, steady, turned[component])
          : predictAlike(turned[component], kClasses - 2);
      values.push(this.#magnitude(slot, entity, at, from));
    }
    return values;
  }
  #predictTurn(slot, { history }, part, steady, turned) {
    const { max } = this.schema.parts[part];
    const from = predictPart(history[part], this.table.distance, max, steady, 0);
    return chooseBest(this.models.memory(slot, part).errors, withTurn(from, turned));
  }

  #text(field, before) {
    const of = this.models.texts[field.text];
    if (!this.flag(of.changed)) return before;
    const length = this.numberBy(of.length);
    if (length > field.max_bytes) throw malformed;
    return this.#bytes(new Uint8Array(length), 0);
  }

  // As much of it as the last one began with alike, then the rest.
  key(bytesMax) {
    const last = this.models.newestKey;
    const shared = this.number('keyShared');
    if (shared > last.length) throw malformed;
    const rest = this.number('keyLength');
    if (shared + rest > bytesMax) throw malformed;
    const key = new Uint8Array(shared + rest);
    key.set(last.subarray(0, shared));
    this.models.newestKey = this.#bytes(key, shared);
    return key;
  }

  #bytes(bytes, from) {
    for (let at = from; at < bytes.length; ++at) {
      const one = at >= 1 ? bytes[at - 1] : 0;
      const two = ((at >= 2 ? bytes[at - 2] : 0) << 8) | one;
      bytes[at] = this.#byte(one, two);
    }
    return bytes;
  }
  #byte(one, two) {
    const { byte0, byte1, byte2, byteMixer } = this.models;
    let node = 1;
    for (let i = 7; i >= 0; --i) {
      const three = [byte0[node], byte1[hashed(one, node)], byte2[hashed(two, node)]];
      node = node * 2 + this.mixed(byteMixer[i], three);
    }
    return node & 255;
  }
}

const hashed = (context, node) =>
  (Math.imul(context, 0x9e3779b1) ^ Math.imul(node, 0x85ebca6b)) >>> 21;
