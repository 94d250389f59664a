// StateDecoder: a room's state from its coded frames (docs/state-coding.md, "Frames").
import type { Fields } from "../messages.js";
import type { StateChanges, StateStream } from "../state_reader.js";
import { Learnt } from "./learnt.js";
import { malformed } from "./range_decoder.js";
import { Rows } from "./rows.js";
import type { Schema } from "./schema.js";
import { StateTable } from "./table.js";

export interface DecoderBounds {
  entities: number;
  keyBytes: number;
  textBytes: number;
}

/** After anything but `ok` only a whole state is taken. */
export type DecodeResult = "ok" | "needs_keyframe" | "malformed" | "differs";

const kWhole = 1;
const kReset = 2;
const kChecksum = 4;
const kBounds = { entities: 65536, keyBytes: 256, textBytes: 64 * 1024 * 1024 };

export class StateDecoder implements StateStream {
  /** @internal */
  readonly table: StateTable;
  #learnt: Learnt;
  #bounds: DecoderBounds;
  #lost = true;
  #changed: number[] = [];
  #gone: string[] = [];

  constructor(
    schema: Schema,
    { distance = 1, bounds = {} }: { distance?: number; bounds?: Partial<DecoderBounds> } = {},
  ) {
    this.table = new StateTable(schema, distance);
    this.#learnt = new Learnt(schema);
    this.#bounds = { ...kBounds, ...bounds };
  }

  decode(frame: Uint8Array): DecodeResult {
    const flags = frame.length === 0 ? 0xff : frame[0]!;
    const head = flags & kChecksum ? 5 : 1;
    const isWhole = (flags & kWhole) !== 0;
    const isFrame = flags <= (kWhole | kReset | kChecksum) && frame.length >= head;
    if (isFrame && this.#lost && !isWhole) return "needs_keyframe";
    this.#lost = true;
    if (!isFrame || !this.#tried(frame.subarray(head), isWhole, (flags & kReset) !== 0)) {
      return "malformed";
    }
    if (flags & kChecksum) {
      const view = new DataView(frame.buffer, frame.byteOffset);
      if (view.getUint32(1, true) !== this.table.checksum) return "differs";
    }
    this.#lost = false;
    return "ok";
  }

  read(frame: Uint8Array): StateChanges | undefined {
    if (this.decode(frame) !== "ok") return undefined;
    const set = new Map<string, Fields>();
    for (const slot of this.#changed) {
      set.set(this.table.slots[slot]!.name, this.table.fieldsOf(slot));
    }
    return { set, unset: this.#gone.filter((name) => !set.has(name)) };
  }

  /** Everything, as members of the JSON flavour see it. */
  get state(): { [entity: string]: Fields } {
    const out: { [entity: string]: Fields } = {};
    for (const [slot, entity] of this.table.slots.entries()) {
      if (entity) out[entity.name] = this.table.fieldsOf(slot);
    }
    return out;
  }

  #tried(coded: Uint8Array, isWhole: boolean, isReset: boolean): boolean {
    this.#changed = [];
    this.#gone = [];
    try {
      if (isWhole) this.#whole(coded);
      else this.#changes(coded, isReset);
      return true;
    } catch (error) {
      if (error !== malformed) throw error;
      return false;
    }
  }

  #whole(coded: Uint8Array): void {
    this.table.clear();
    this.table.frame += 1;
    this.#learnt.forget();
    const rows = new Rows(coded, this.#learnt, this.table);
    this.#appeared(rows);
    rows.coder.end();
    this.#learnt.forget();
  }

  #changes(coded: Uint8Array, isReset: boolean): void {
    if (isReset) {
      this.table.flatten();
      this.#learnt.forget();
    }
    this.table.frame += 1;
    const rows = new Rows(coded, this.#learnt, this.table);
    this.#vanished(rows);
    this.#appeared(rows);
    this.#moved(rows);
    this.table.endFrame();
    rows.coder.end();
  }

  #vanished({ coder }: Rows): void {
    const { gone, goneGap } = this.#learnt.numbers;
    let expected = 0;
    for (let count = coder.number(gone); count > 0; --count) {
      const slot = expected + coder.number(goneGap);
      const entity = this.table.slots[slot];
      if (!entity) throw malformed;
      this.#gone.push(entity.name);
      this.table.vanish(slot);
      expected = slot + 1;
    }
  }

  #appeared(rows: Rows): void {
    const { appeared, appearedGap } = this.#learnt.numbers;
    let expected = 0;
    for (let count = rows.coder.number(appeared); count > 0; --count) {
      const gap = rows.coder.number(appearedGap);
      const slot = expected + (gap % 2 === 0 ? gap / 2 : -(gap + 1) / 2);
      if (slot < 0 || slot >= this.#bounds.entities || this.table.slots[slot]) throw malformed;
      const key = rows.key(this.#bounds.keyBytes);
      this.table.appear(slot, key, rows.row(slot, undefined));
      this.#checkBounds();
      this.#changed.push(slot);
      expected = slot + 1;
    }
  }

  // By blocks of sixteen slots. What appeared in this frame cannot change in it.
  #moved(rows: Rows): void {
    const { slots, frame } = this.table;
    for (let first = 0; first < slots.length; first += 16) {
      const end = Math.min(slots.length, first + 16);
      let any = false;
      for (let slot = first; slot < end && !any; ++slot) any = slots[slot] !== undefined;
      if (!any || !rows.block(first / 16)) continue;
      for (let slot = first; slot < end; ++slot) {
        const entity = slots[slot];
        if (!entity || entity.since === frame || !rows.changed(entity)) continue;
        if (this.table.set(slot, rows.row(slot, entity))) this.#changed.push(slot);
        this.#checkBounds();
      }
    }
  }

  #checkBounds(): void {
    if (this.table.textBytes > this.#bounds.textBytes) throw malformed;
  }
}
