// What a room tells.
import type { PerseidError } from "./errors.js";
import type {
  Degraded,
  Gap,
  Joined,
  Message,
  Presence,
  Receipt,
  SeqPair,
} from "./messages.js";
import type { StateEvent } from "./state_cells.js";

export interface RoomEvents {
  /** A chat message. */
  chat: Message;
  /** A reaction, edit or deletion: a chat delivery whose payload has `react`, `edit` or `delete`. */
  change: Message;
  action: Message;
  state: StateEvent;
  presence: Presence;
  typing: { client: string; typing: boolean };
  receipt: Receipt;
  /** Messages that will not come: ask `room.history()` for what is still held. */
  gap: Gap;
  /** State comes less often, since the link does not keep up. */
  degraded: Degraded;
  restored: Degraded;
  /**
   * The room is joined: for the first time or again after a break. `recovered` is false if
   * something was missed that cannot be told any more.
   */
  joined: { first: boolean; resumed: boolean; recovered: boolean; seq: SeqPair; joined?: Joined };
  /** The member had to leave (`kicked`, `banned`), or joining again was refused (its code). */
  left: { reason: string; retryAfterMs?: number };
  /** A message that could not be decrypted, or a refusal that answers no promise. */
  error: PerseidError;
}
