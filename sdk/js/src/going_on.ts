// What follows from what the core knows: how it goes on with a session that was resumed, and the
// state that its link is in.
import type { Core } from "./core.js";
import type { LinkState } from "./client_events.js";
import type { Welcome } from "./messages.js";

/** `isLeft`: the rooms whose leave is under way. */
export function goOn(core: Core, { rooms = [] }: Welcome, isLeft: (room: string) => boolean): void {
  const left = new Map(rooms.map((each) => [each.room, each]));
  for (const room of core.rooms.values()) {
    const info = left.get(room.name);
    if (info && room.status === "joined") {
      room.resumed(info);
    } else if (room.status !== "new") {
      // Its `joined` may have been lost with the connection: leave, to be told it again.
      if (info) core.say({ op: "leave", room: room.name });
      room.sendJoin();
    }
    left.delete(room.name);
  }
  for (const name of left.keys()) {
    if (!isLeft(name)) core.say({ op: "leave", room: name });
  }
  core.outbox.resumed();
}

/** Without a reason where another knows it. */
export function linkStateOf(core: Core, isLate: boolean): { state: LinkState; reason?: string } {
  if (core.error) return { state: "closed" };
  if (!core.isUp) return { state: core.session === undefined ? "connecting" : "resuming" };
  if (isLate) return { state: "degraded", reason: "heartbeat" };
  const isDegraded = [...core.rooms.values()].some((room) => room.isDegraded);
  return isDegraded ? { state: "degraded", reason: "bandwidth" } : { state: "open" };
}
