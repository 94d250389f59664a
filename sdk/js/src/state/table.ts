// What both ends of a stream of state frames know (docs/state-coding.md, "The table"), flat: the
// values of slot s and part p are at (s * parts + p) * depth, the newest first.
import type { Fields } from "../messages.js";
import type { Schema } from "./schema.js";
import { textValue, valueOf } from "./value.js";

/** A decoded row, filled anew for each. */
export interface Row {
  present: number;
  parts: Int32Array;
  texts: Uint8Array[];
}

export interface Slot {
  key: Uint8Array;
  name: string;
  present: number;
  texts: Uint8Array[];
  /** The frame that it appeared in, and the last that it was set in. */
  since: number;
  frame: number;
  moved: number;
  seed: number;
  hash: number;
}

const kDecoder = new TextDecoder();

export class StateTable {
  readonly depth: number;
  readonly stride: number; // Values of a slot.
  slots: (Slot | undefined)[] = [];
  history = new Int32Array(0);
  checksum = 0;
  textBytes = 0;
  frame = 0;

  constructor(
    readonly schema: Schema,
    readonly distance: number,
  ) {
    this.depth = distance + 4;
    this.stride = schema.parts.length * this.depth;
  }

  clear(): void {
    this.slots = [];
    this.checksum = 0;
    this.textBytes = 0;
  }

  appear(slot: number, key: Uint8Array, { present, parts, texts }: Row): void {
    while (this.slots.length <= slot) this.slots.push(undefined);
    this.#grow((slot + 1) * this.stride);
    let at = slot * this.stride;
    for (const part of parts) {
      this.history.fill(part, at, at + this.depth);
      at += this.depth;
    }
    const { frame } = this;
    const name = kDecoder.decode(key);
    const added = { key, name, present, texts, since: frame, frame, moved: 0, seed: 0, hash: 0 };
    added.seed = mixed(slot, fnv1a(key));
    this.slots[slot] = added;
    this.textBytes += key.length + bytesOf(texts);
    this.#rehash(slot, added);
  }

  vanish(slot: number): void {
    const { key, texts, hash } = this.slots[slot]!;
    this.checksum = (this.checksum - hash) >>> 0;
    this.textBytes -= key.length + bytesOf(texts);
    this.slots[slot] = undefined;
  }

  /** True if anything is another now. */
  set(slot: number, { present, parts, texts }: Row): boolean {
    const entity = this.slots[slot]!;
    const before = entity.hash;
    this.textBytes += bytesOf(texts) - bytesOf(entity.texts);
    const { history, depth } = this;
    let at = slot * this.stride;
    for (let part = 0; part < parts.length; ++part, at += depth) {
      for (let i = at + depth - 1; i > at; --i) history[i] = history[i - 1]!;
      history[at] = parts[part]!;
    }
    entity.frame = this.frame;
    entity.present = present;
    entity.texts = texts;
    this.#rehash(slot, entity);
    const changed = entity.hash !== before;
    entity.moved = ((entity.moved << 1) | Number(changed)) >>> 0;
    return changed;
  }

  /** Whoever was not set is again as it was `distance` frames before; texts stay. */
  endFrame(): void {
    const { history, depth, distance, slots } = this;
    for (let slot = 0; slot < slots.length; ++slot) {
      const entity = slots[slot];
      if (!entity || entity.frame === this.frame) continue;
      let moved = 0;
      const end = (slot + 1) * this.stride;
      for (let at = slot * this.stride; at < end; at += depth) {
        const again = history[at + distance - 1]!;
        if (again !== history[at]) moved = 1;
        for (let i = at + depth - 1; i > at; --i) history[i] = history[i - 1]!;
        history[at] = again;
      }
      entity.moved = ((entity.moved << 1) | moved) >>> 0;
      if (moved) this.#rehash(slot, entity);
    }
  }

  /** At a reset point: nothing is known to move. */
  flatten(): void {
    for (const [slot, entity] of this.slots.entries()) {
      if (!entity) continue;
      entity.moved = 0;
      const end = (slot + 1) * this.stride;
      for (let at = slot * this.stride; at < end; at += this.depth) {
        this.history.fill(this.history[at]!, at, at + this.depth);
      }
    }
  }

  fieldsOf(slot: number): Fields {
    const { present, texts } = this.slots[slot]!;
    const out: Fields = {};
    for (const [i, field] of this.schema.fields.entries()) {
      if (((present >>> i) & 1) === 0) continue;
      const at = slot * this.stride + field.firstPart * this.depth;
      out[field.name] =
        field.parts === 0
          ? textValue(field, kDecoder.decode(texts[field.text]))
          : valueOf(field, this.history, at, this.depth);
    }
    return out;
  }

  #grow(values: number): void {
    if (values <= this.history.length) return;
    const grown = new Int32Array(Math.max(values, this.history.length * 2));
    grown.set(this.history);
    this.history = grown;
  }

  #rehash(slot: number, entity: Slot): void {
    const { seed } = entity;
    let hash = mixed(seed, entity.present);
    const parts = this.schema.parts.length;
    let at = slot * this.stride;
    for (let part = 0; part < parts; ++part, at += this.depth) {
      hash = (hash + mixed(seed + part + 1, this.history[at]!)) | 0;
    }
    for (const [i, text] of entity.texts.entries()) {
      hash = (hash + mixed(seed - i - 1, fnv1a(text))) | 0;
    }
    this.checksum = (this.checksum + hash - entity.hash) >>> 0;
    entity.hash = hash >>> 0;
  }
}

function mixed(seed: number, value: number): number {
  let hash = Math.imul(seed ^ value, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) | 0;
}

function fnv1a(bytes: Uint8Array): number {
  let hash = 2166136261 | 0;
  for (let i = 0; i < bytes.length; ++i) hash = Math.imul(hash ^ bytes[i]!, 16777619);
  return hash | 0;
}

function bytesOf(texts: Uint8Array[]): number {
  let sum = 0;
  for (const text of texts) sum += text.length;
  return sum;
}
