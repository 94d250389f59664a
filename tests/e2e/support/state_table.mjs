// What both ends of a stream of state frames know (docs/state-coding.md, "The table").
import { valueOf } from './state_schema.mjs';

export class StateTable {
  constructor(schema, distance) {
    this.schema = schema;
    this.distance = distance;
    this.depth = distance + 4; // values of each part that are kept, the newest first
    this.frame = 0;
    this.clear();
  }

  clear() {
    this.slots = []; // { key, present, texts, history, since, moved, hash }, undefined where empty
    this.checksum = 0;
    this.textBytes = 0;
  }
  live(slot) {
    return this.slots[slot] !== undefined;
  }
  beginFrame() {
    ++this.frame;
  }

  appear(slot, key, row) {
    while (this.slots.length <= slot) this.slots.push(undefined);
    const history = row.parts.map((part) => Array(this.depth).fill(part));
    const { present, texts } = row;
    const { frame } = this;
    this.slots[slot] = { key, present, texts, history, since: frame, frame, moved: 0, hash: 0 };
    this.textBytes += bytesOf([key, ...texts]);
    this.#rehash(slot);
  }
  vanish(slot) {
    const { key, texts, hash } = this.slots[slot];
    this.checksum = (this.checksum - hash) >>> 0;
    this.textBytes -= bytesOf([key, ...texts]);
    this.slots[slot] = undefined;
  }
  set(slot, { present, parts, texts }) {
    const entity = this.slots[slot];
    const before = entity.hash;
    this.textBytes += bytesOf(texts) - bytesOf(entity.texts);
    this.#push(entity, parts);
    Object.assign(entity, { present, texts });
    this.#rehash(slot);
    entity.moved = ((entity.moved << 1) | Number(entity.hash !== before)) >>> 0;
  }

  // Whoever was not set is again as it was `distance` frames before; texts stay.
  endFrame() {
    this.slots.forEach((entity, slot) => {
      if (!entity || entity.frame === this.frame) return;
      const parts = entity.history.map((values) => values[this.distance - 1]);
      const moved = entity.history.some((values) => values[0] !== values[this.distance - 1]);
      this.#push(entity, parts);
      entity.moved = ((entity.moved << 1) | Number(moved)) >>> 0;
      if (moved) this.#rehash(slot);
    });
  }

  // At a reset point: nothing is known to move.
  flatten() {
    for (const entity of this.slots) {
      if (!entity) continue;
      entity.moved = 0;
      for (const values of entity.history) values.fill(values[0]);
    }
  }

  // { key: { field: value } }
  get state() {
    const entities = this.slots.filter((entity) => entity);
    return Object.fromEntries(entities.map((each) => [textOf(each.key), this.#values(each)]));
  }

  #values({ present, history, texts }) {
    const values = {};
    this.schema.fields.forEach((field, i) => {
      if (((present >>> i) & 1) === 0) return;
      const parts = history.slice(field.firstPart, field.firstPart + field.parts);
      const text = field.parts === 0 ? textOf(texts[field.text]) : '';
      values[field.name] = valueOf(field, parts.map((each) => each[0]), text);
    });
    return values;
  }

  #push(entity, parts) {
    entity.frame = this.frame;
    entity.history.forEach((values, part) => {
      values.pop();
      values.unshift(parts[part]);
    });
  }

  #rehash(slot) {
    const entity = this.slots[slot];
    const seed = mixed(slot, fnv1a(entity.key));
    let hash = mixed(seed, entity.present);
    entity.history.forEach((values, part) => {
      hash += mixed(seed + part + 1, values[0]);
    });
    entity.texts.forEach((text, i) => {
      hash += mixed(seed - i - 1, fnv1a(text));
    });
    this.checksum = (this.checksum + hash - entity.hash) >>> 0;
    entity.hash = hash >>> 0;
  }
}

function mixed(seed, value) {
  let hash = Math.imul(seed ^ value, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function fnv1a(bytes) {
  let hash = 2166136261;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

const bytesOf = (texts) => texts.reduce((sum, text) => sum + text.length, 0);
const textOf = (bytes) => new TextDecoder().decode(bytes);
