// StateCells: the tables of a room's state, one for the room or one for each cell of a grid, and
// what of them a member sees (docs/protocol.md, "Grids").
import type { Fields, StateDelivery } from "./messages.js";
import type { StateChanges, StateReader, StateStream } from "./state_reader.js";

/** What a delivery did to what is seen. */
export interface StateEvent {
  tick: number;
  /** A whole state: of the room, or of this cell. */
  full: boolean;
  cell?: [number, number];
  /** Entities that are new or have other fields. */
  changed: string[];
  removed: string[];
}

interface Standing {
  fields: Fields;
  tick: number;
}

interface Cell {
  entities: Map<string, Standing>;
  stream: StateStream | undefined;
}

/** More than a view can have: 289. */
const kCellsMax = 512;

export class StateCells {
  /** What is seen: every entity with its fields. */
  readonly seen = new Map<string, Fields>();
  #cells = new Map<string, Cell>();
  #owner = new Map<string, Cell>();

  constructor(private readonly reader: StateReader | undefined) {}

  /** Undefined if a coded frame cannot be read: then a keyframe is needed. */
  apply(delivery: StateDelivery): StateEvent | undefined {
    const key = delivery.cell ? delivery.cell.join() : "";
    const cell = this.#cellOf(key);
    const changes = this.#changes(cell, delivery);
    if (!changes) return undefined;
    const { tick, full } = delivery;
    const event: StateEvent = { tick, full, changed: [], removed: [] };
    if (delivery.cell) event.cell = delivery.cell;
    for (const name of changes.unset) this.#remove(cell, name, event);
    for (const [name, fields] of changes.set) this.#put(cell, name, { fields, tick }, event);
    if (full && cell.entities.size === 0 && delivery.cell) this.#emptied(key, cell);
    return event;
  }

  /** After a resumption of a grid: every cell in view comes whole, the others are gone. */
  forgetCells(): void {
    this.#cells.clear();
    this.#owner.clear();
  }

  /** Entities that no cell holds any more: what forgetCells() left behind. */
  sweep(): string[] {
    const gone = [...this.seen.keys()].filter((name) => !this.#owner.has(name));
    for (const name of gone) this.seen.delete(name);
    return gone;
  }

  // It has left the view, or there is nothing in it yet: then deltas may follow. So its stream is
  // kept, but not of every cell that was ever seen; if one is missed, a keyframe is asked for.
  #emptied(key: string, cell: Cell): void {
    this.#cells.delete(key);
    this.#cells.set(key, cell); // The newest now.
    if (this.#cells.size <= kCellsMax) return;
    for (const [each, { entities }] of this.#cells) {
      if (entities.size === 0) return void this.#cells.delete(each);
    }
  }

  #cellOf(key: string): Cell {
    let cell = this.#cells.get(key);
    if (!cell) {
      cell = { entities: new Map(), stream: this.reader?.stream() };
      this.#cells.set(key, cell);
    }
    return cell;
  }

  #changes(cell: Cell, { coded, full, payload }: StateDelivery): StateChanges | undefined {
    const changes = coded ? cell.stream?.read(coded) : this.#merged(cell, full, payload);
    if (!changes || !full) return changes;
    for (const name of cell.entities.keys()) {
      if (!changes.set.has(name)) changes.unset.push(name);
    }
    return changes;
  }

  #merged(cell: Cell, full: boolean, payload: StateDelivery["payload"]): StateChanges {
    const set = new Map<string, Fields>();
    for (const [name, fields] of Object.entries(payload?.set ?? {})) {
      const merged: Fields = full ? {} : { ...cell.entities.get(name)?.fields };
      for (const [field, value] of Object.entries(fields)) {
        if (value === null) delete merged[field];
        else merged[field] = value;
      }
      set.set(name, merged);
    }
    return { set, unset: [...(payload?.unset ?? [])] };
  }

  #put(cell: Cell, name: string, standing: Standing, event: StateEvent): void {
    cell.entities.set(name, standing);
    const owner = this.#owner.get(name);
    const other = owner && owner !== cell ? owner.entities.get(name) : undefined;
    if (other && other.tick > standing.tick) return; // Another cell says it, and newer.
    this.#owner.set(name, cell);
    this.seen.set(name, standing.fields);
    event.changed.push(name);
  }

  #remove(cell: Cell, name: string, event: StateEvent): void {
    cell.entities.delete(name);
    if (this.#owner.get(name) !== cell) return; // It had gone on to another cell.
    let next: Cell | undefined;
    for (const each of this.#cells.values()) {
      const standing = each.entities.get(name);
      if (standing && standing.tick > (next?.entities.get(name)?.tick ?? -1)) next = each;
    }
    if (next) {
      this.#owner.set(name, next);
      this.seen.set(name, next.entities.get(name)!.fields);
      event.changed.push(name);
    } else {
      this.#owner.delete(name);
      this.seen.delete(name);
      event.removed.push(name);
    }
  }
}
