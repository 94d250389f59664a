// What a room does with what comes: which event each delivery and system message is.
import type { Member, Message, NumberedLane, Presence, SystemMessage } from "./messages.js";
import type { Room } from "./room.js";
import type { Degraded, Gap, Receipt } from "./messages.js";

/** A delivery, opened if it was encrypted: what it is, is told by what the relay has seen of it. */
export function hear(room: Room, message: Message, { payload }: Message = message): void {
  if (message.lane === "player_action") return room.tell("action", message);
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) {
    if (message.seq === undefined && typeof payload.typing === "boolean") {
      return room.tell("typing", { client: message.sender, typing: payload.typing });
    }
    if (payload.react || payload.edit || payload.delete) return room.tell("change", message);
  }
  room.tell("chat", message);
}

/** Counts a delivery; false if it is not to be told. Holes are told as gaps. */
export function count(room: Room, message: Message, lost: (count: number) => void): boolean {
  if (message.seq === undefined) return true;
  const { arrival, missing } = room.lanes[message.lane].take(message.seq);
  if (missing > 0) {
    lost(missing);
    const to = message.seq - 1;
    room.tell("gap", { lane: message.lane, from: to - missing + 1, to });
  }
  if (arrival === "old") message.old = true;
  return arrival !== "duplicate";
}

/** A system message that concerns a room and answers nothing. */
export function hearSystem(
  room: Room,
  message: SystemMessage,
  lost: (lane: NumberedLane, count: number) => void,
): void {
  switch (message.op) {
    case "presence":
      return presence(room, message as unknown as Presence);
    case "roster":
      return roster(room, message.members as Member[]);
    case "gap": {
      const { of, from, to } = message as unknown as Omit<Gap, "lane"> & { of: NumberedLane };
      lost(of, room.lanes[of].skip(from, to));
      return room.tell("gap", { lane: of, from, to });
    }
    case "degraded":
    case "restored": {
      const { op, reason, state_hz } = message as unknown as Degraded & { op: typeof message.op };
      room.isDegraded = op === "degraded";
      room.state.timeline.rate(state_hz);
      return room.tell(op as "degraded" | "restored", { reason: reason ?? "", state_hz });
    }
    case "receipt": {
      const { client, name, seq } = message as unknown as Receipt;
      return room.tell("receipt", { client, name, seq });
    }
  }
}

function presence(room: Room, { event, client, name }: Presence): void {
  const { members } = room;
  if (event === "leave") members.delete(client);
  else if (event === "drop") members.set(client, { client, name, dropped: true });
  else members.set(client, { client, name });
  room.tell("presence", { event, client, name });
}

function roster(room: Room, list: Member[]): void {
  room.members.clear();
  for (const member of list) room.members.set(member.client, member);
  room.tell("presence", { event: "roster", client: "", name: "" });
}
