// One frame's decisions, in order: rows, their parts and texts (docs/state-coding.md, "Rows").
// Names and order are those of codec/state_code.h.
import { RangeDecoder, decide, decideMixed, mixer, model, models } from './range_decoder.mjs';

export const malformed = new Error('no encoder wrote this');

const kClasses = 16;
const kClassBits = 20;

// 0, or the bit width, capped.
const magnitudeClass = (magnitude) => Math.min(32 - Math.clz32(magnitude), kClasses - 1);

const table = (rows, columns) => models(rows, () => models(columns));

function partModels() {
  return {
    width: models(3, () => table(kClasses, kClassBits)),
    widthMixer: models(kClassBits, mixer),
    sign: table(3, 9),
    signMixer: mixer(),
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
    this.changedMixer = models(4, mixer);
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
    this.byteMixer = models(8, mixer);
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
    if (!this.#memory.has(at)) this.#memory.set(at, { errors: [0, 0, 0], width: 0, sign: 0 });
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
  }

  end() {
    if (this.coder.overrun || !this.coder.atEnd) throw malformed;
  }

  flag(of) {
    if (this.coder.overrun) throw malformed;
    return decide(this.coder, of);
  }
  mixed(mix, three) {
    if (this.coder.overrun) throw malformed;
    return decideMixed(this.coder, mix, three);
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
    const from = entity ? this.#predict(slot, entity, firstPart, 2) : this.#predictNew(firstPart);
    return [this.#magnitude(slot, entity, firstPart, from)];
  }

  // Where a part should be: as `distance` frames before, or as far on as it went in a frame, or
  // bending as it bent. `steady`: how many frames before that one it may be compared with.
  #predict(slot, { history }, part, steady) {
    const { distance } = this.table;
    const values = history[part];
    const base = values[distance - 1];
    const speed = steady >= 1 ? base - values[distance] : 0;
    const bend = steady >= 2 ? speed - (values[distance] - values[distance + 1]) : 0;
    const { max } = this.schema.parts[part];
    const inRange = (value) => Math.min(max, Math.max(0, value));
    const linear = base + speed * distance;
    const second = linear + bend * ((distance * (distance + 1)) / 2);
    const { errors } = this.models.memory(slot, part);
    let best = 0;
    for (let i = 1; i < 3; ++i) if (errors[i] < errors[best]) best = i;
    return {
      values: [base, linear, second].map(inRange),
      best,
      speed: magnitudeClass(Math.abs(speed)),
      way: speed === 0 ? 0 : speed < 0 ? 1 : 2,
    };
  }
  #predictNew(part) {
    const value = this.models.newest.parts[part];
    return { values: [value, value, value], best: 0, speed: kClasses - 1, way: 0 };
  }

  #magnitude(slot, entity, part, { values, best, speed, way }) {
    const memory = this.models.memory(slot, part);
    const of = this.models.parts[part];
    const predicted = values[best];
    const residual = this.#residual(of, entity ? memory.width : kClasses - 1, speed);
    const minus =
      residual !== 0 &&
      this.mixed(of.signMixer, [
        of.sign[0][memory.sign * 3 + way],
        of.sign[1][this.beforeSign],
        of.sign[2][way * 3 + best],
      ]) === 1;
    const value = minus ? predicted - residual : predicted + residual;
    if (value < 0 || value > this.schema.parts[part].max) throw malformed;
    values.forEach((each, i) => {
      const error = Math.min(Math.abs(value - each), 4095) * 4;
      memory.errors[i] += error - (memory.errors[i] >> 2);
    });
    memory.width = magnitudeClass(residual);
    memory.sign = residual === 0 ? 0 : minus ? 1 : 2;
    this.before = memory.width;
    this.beforeSign = memory.sign;
    return value;
  }

  // Its bit width, each further bit a decision, then the bits behind the leading one.
  #residual(of, last, speed) {
    let width = 0;
    for (; width < 31; ++width) {
      const at = Math.min(width, kClassBits - 1);
      const three = [of.width[0][last][at], of.width[1][speed][at], of.width[2][this.before][at]];
      if (!this.mixed(of.widthMixer[at], three)) break;
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

  #quaternion(slot, entity, part) {
    const { distance } = this.table;
    const before = this.#known(entity, part);
    const largest = this.#symbol(slot, entity, part);
    let steady = 0;
    while (entity && steady < 2 && entity.history[part][distance + steady] === largest) ++steady;
    const values = [largest];
    for (let component = 0; component < 4; ++component) {
      if (component === largest) continue;
      const at = part + 1 + place(component, largest);
      const from = !entity
        ? this.#predictNew(at)
        : largest === before
          ? this.#predict(slot, entity, at, steady)
          : this.#predictTurned(slot, entity, part, { component, largest, before, steady });
      values.push(this.#magnitude(slot, entity, at, from));
    }
    return values;
  }

  // Another component is the largest now. Both are nearly equal, so the old one stands at the end
  // of its range; and if the new one was negative, all signs have turned.
  #predictTurned(slot, entity, part, { component, largest, before, steady }) {
    const at = part + 1 + place(component, largest);
    const { max } = this.schema.parts[at];
    const known = (of) => this.#known(entity, part + 1 + place(of, before));
    let value = component === before ? max : known(component);
    if (known(largest) * 2 < max) value = max - value;
    const { way } = this.#predict(slot, entity, at, steady);
    return { values: [value, value, value], best: 0, speed: kClasses - 2, way };
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

// The small three in order: component c stands at c, or at c - 1 behind the largest.
const place = (component, largest) => (component < largest ? component : component - 1);
const hashed = (context, node) =>
  (Math.imul(context, 0x9e3779b1) ^ Math.imul(node, 0x85ebca6b)) >>> 21;
