// A room's state from its coded frames: the specification of docs/state-coding.md, executable.
import { StateCode, StateModels, malformed } from './state_code.mjs';
import { StateTable } from './state_table.mjs';

const kWhole = 1;
const kReset = 2;
const kChecksum = 4;

export class StateDecoder {
  constructor(schema, { distance = 1, bounds = {} } = {}) {
    this.schema = schema;
    this.bounds = { entities: 65536, keyBytes: 256, textBytes: 64 * 1024 * 1024, ...bounds };
    this.table = new StateTable(schema, distance);
    this.models = new StateModels(schema);
    this.lost = true;
  }

  // 'ok', 'needs_keyframe', 'malformed' or 'differs'. After anything but 'ok' only a whole state is
  // taken.
  decode(frame) {
    const flags = frame.length === 0 ? 0xff : frame[0];
    const head = flags & kChecksum ? 5 : 1;
    const isWhole = (flags & kWhole) !== 0;
    const isFrame = flags <= (kWhole | kReset | kChecksum) && frame.length >= head;
    if (isFrame && this.lost && !isWhole) return 'needs_keyframe';
    this.lost = true;
    if (!isFrame || !this.#read(frame.subarray(head), isWhole, (flags & kReset) !== 0)) {
      return 'malformed';
    }
    if (flags & kChecksum && littleEndian(frame.subarray(1, 5)) !== this.table.checksum) {
      return 'differs';
    }
    this.lost = false;
    return 'ok';
  }

  #read(coded, isWhole, isReset) {
    try {
      if (isWhole) this.#readWhole(coded);
      else this.#readChanges(coded, isReset);
      return true;
    } catch (error) {
      if (error !== malformed) throw error;
      return false;
    }
  }

  #readWhole(coded) {
    this.table.clear();
    this.table.beginFrame();
    const code = new StateCode(coded, new StateModels(this.schema), this.table);
    this.#readAppeared(code);
    code.end();
    this.models = new StateModels(this.schema);
  }

  #readChanges(coded, isReset) {
    if (isReset) {
      this.table.flatten();
      this.models = new StateModels(this.schema);
    }
    this.table.beginFrame();
    const code = new StateCode(coded, this.models, this.table);
    this.#readGone(code);
    this.#readAppeared(code);
    this.#readChanged(code);
    this.table.endFrame();
    code.end();
  }

  #readGone(code) {
    let expected = 0;
    for (let count = code.number('gone'); count > 0; --count) {
      const slot = expected + code.number('goneGap');
      if (!this.table.live(slot)) throw malformed;
      this.table.vanish(slot);
      expected = slot + 1;
    }
  }

  #readAppeared(code) {
    let expected = 0;
    for (let count = code.number('appeared'); count > 0; --count) {
      const gap = code.number('appearedGap');
      const slot = expected + (gap % 2 === 0 ? gap / 2 : -(gap + 1) / 2);
      if (slot < 0 || slot >= this.bounds.entities || this.table.live(slot)) throw malformed;
      const key = code.key(this.bounds.keyBytes);
      this.table.appear(slot, key, code.row(slot, undefined));
      this.#checkBounds();
      expected = slot + 1;
    }
  }

  // By blocks of sixteen slots. What appeared in this frame cannot change in it.
  #readChanged(code) {
    for (let block = 0; block * 16 < this.table.slots.length; ++block) {
      const slots = this.table.slots.slice(block * 16, block * 16 + 16);
      if (!slots.some((entity) => entity) || !code.block(block)) continue;
      slots.forEach((entity, i) => {
        if (!entity || entity.since === this.table.frame || !code.changed(entity)) return;
        const slot = block * 16 + i;
        this.table.set(slot, code.row(slot, entity));
        this.#checkBounds();
      });
    }
  }

  #checkBounds() {
    if (this.table.textBytes > this.bounds.textBytes) throw malformed;
  }
}

function littleEndian(bytes) {
  return bytes.reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
}
