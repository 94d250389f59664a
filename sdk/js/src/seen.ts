// What a client that comes back says it has seen: the numbers of its rooms' lanes, in a hello.
import type { SeqPair } from "./messages.js";
import type { Room } from "./room.js";

const kSinceBytesMax = 32_768;

export function seenIn(rooms: Iterable<Room>): { [room: string]: SeqPair } {
  const out: { [room: string]: SeqPair } = {};
  let left = kSinceBytesMax;
  for (const room of rooms) {
    if (room.status !== "joined") continue;
    left -= JSON.stringify([room.name, room.seen]).length * 3; // A letter has up to three bytes.
    if (left < 0) break; // The others go on where the relay stopped: a hole is told as a gap.
    out[room.name] = room.seen;
  }
  return out;
}
