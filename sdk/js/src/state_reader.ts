// StateReader: what a flavour brings to read coded state. It is perseid/state that has one.
import type { Fields } from "./messages.js";

/** What a frame did to a table. `set` has whole entities. */
export interface StateChanges {
  set: Map<string, Fields>;
  unset: string[];
}

/** One stream of frames: a room's, or that of one cell of it. */
export interface StateStream {
  /** Undefined if the frame cannot be taken: then only a whole state will be. */
  read(frame: Uint8Array): StateChanges | undefined;
}

export interface StateReader {
  stream(): StateStream;
}
