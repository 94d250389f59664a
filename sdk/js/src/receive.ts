// What comes from the relay, handed to whom it concerns.
import type { Core } from "./core.js";
import { errorOf, type RelayErrorMessage } from "./errors.js";
import type {
  Ack,
  Joined,
  Json,
  Message,
  StateDelivery,
  SystemMessage,
  Welcome,
} from "./messages.js";
import { ofRelay } from "./payload.js";
import { count, hearSystem } from "./room_hear.js";
import type { Room } from "./room.js";

/** It would say it again at once. */
const kNonsenseMs = 1000;

/**
 * The page's handlers do not throw here (see Emitter), so what throws is a relay that makes no
 * sense: the next connection begins with what is known for sure.
 */
export function receive(core: Core, data: string | ArrayBuffer): void {
  try {
    take(core, data);
  } catch (error) {
    core.link.backoff.atLeast(kNonsenseMs);
    core.link.abandon(`a message that makes no sense: ${(error as Error).message}`);
  }
}

function take(core: Core, data: string | ArrayBuffer): void {
  core.heartbeat.heard();
  const message = core.flavour.read(data);
  if (!message) return; // Of a newer relay: nothing to this client.
  core.stats.came(message.lane, data);
  if (message.lane === "system") return system(core, message);
  const room = roomOf(core, message);
  if (message.lane === "game_state") return room?.stateCame(message, performance.now());
  const { payload, raw } = message;
  ofRelay(message, room ? [room.place] : ownPlaces(core), raw);
  if (room) deliver(core, room, message, payload);
  else if (message.to !== undefined) core.tell("direct", message);
}

function ownPlaces({ id, options: { name } }: Core): string[] {
  return name === undefined ? [`to ${id}`] : [`to ${id}`, `to @${name}`];
}

/** The binary flavour says a room's number, JSON its name. Nothing is for a room before it is in. */
function roomOf(core: Core, message: (Message | StateDelivery) & { number?: number }) {
  const { number } = message;
  const room =
    number === undefined ? core.rooms.get(message.room ?? "") : core.byNumber.get(number);
  if (room?.status !== "joined") return undefined;
  message.room = room.name;
  return room;
}

function deliver(core: Core, room: Room, message: Message, sent: Json): void {
  const { lane, sender } = message;
  const isNew = count(room, message, (lost) => core.stats.lost(lane, lost));
  if (!isNew) {
    core.stats.lanes[lane].duplicates += 1;
    return;
  }
  if (core.formerIds.has(sender) && !message.old) core.outbox.recognise(message, sent);
  room.delivered(message);
  if (core.outbox.queued > 0) core.outbox.pump();
}

function system(core: Core, message: SystemMessage): void {
  const { op, id } = message;
  switch (op) {
    case "ack":
      if (!core.outbox.acked(id, ackOf(message))) core.requests.answered(id, message);
      return;
    case "pong":
      if (core.heartbeat.pong(id, message.timestamp as number)) {
        core.tell("latency", core.heartbeat.clock.latency);
      }
      return;
    case "welcome":
      return core.welcomed(message as unknown as Welcome);
    case "joined":
      return core.joined(message as unknown as Joined);
    case "error":
      return refused(core, message);
    case "goaway":
      return core.goaway(String(message.reason), Number(message.reconnect_delay_ms));
    case "token_expiring":
      return core.tokenExpiring(message.token_ends_in_ms as number);
    case "notice": {
      const { timestamp, payload } = message as unknown as { timestamp: number; payload: Json };
      return core.tell("notice", { timestamp, payload });
    }
    case "left":
      if (!core.requests.answered(id, message)) left(core, message);
      return;
  }
  if (core.requests.answered(id, message)) return;
  const room = core.rooms.get(message.room ?? "");
  if (room?.status !== "joined") return;
  hearSystem(room, message, (lane, lost) => core.stats.lost(lane, lost));
  if (op === "degraded" || op === "restored") core.settle();
  if (op === "gap") core.outbox.pump();
}

function ackOf({ seq, timestamp }: SystemMessage): Ack {
  return { timestamp: timestamp as number, ...(seq !== undefined && { seq: seq as number }) };
}

function refused(core: Core, message: SystemMessage): void {
  const error = errorOf(message as unknown as RelayErrorMessage);
  const { id } = message;
  const isKnown =
    core.outbox.refused(id, error) ||
    core.requests.refused(id, error) ||
    core.helloRefused(id, error) ||
    [...core.rooms.values()].some((room) => room.refused(id, error));
  if (!isKnown) core.tell("error", error);
}

function left(core: Core, message: SystemMessage): void {
  const room = core.rooms.get(message.room ?? "");
  if (room && message.reason !== undefined) {
    room.removed(String(message.reason), message.retry_after_ms as number | undefined);
  }
}
