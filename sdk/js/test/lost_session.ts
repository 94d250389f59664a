// A session that is lost while a publish is under way, for the tests of what comes of that.
import { expect } from "vitest";
import type { Client } from "../src/client.js";
import type { LinkEvent } from "../src/client_events.js";
import type { Message } from "../src/messages.js";
import type { Room } from "../src/room.js";
import type { Proxy } from "./proxy.js";
import { next, until } from "./relay.js";

/**
 * `mine` is a room of `ana`, who is connected by `proxy`; `heard` is what another member hears there.
 * The first publish is taken by the relay, its answer is lost and the session with it; the second
 * waits for the next. Each is to be heard once.
 */
export async function loseSession(
  proxy: Proxy,
  ana: Client,
  mine: Room,
  heard: Message[],
): Promise<void> {
  proxy.hold(true); // The answer does not come through.
  const delivered = mine.chat("delivered");
  await until(() => heard.length === 1);
  ana.forgetSession();
  proxy.refuse(true);
  proxy.cut();
  await next<LinkEvent>(ana, "link", ({ retryInMs }) => retryInMs !== undefined);
  const queued = mine.chat("queued");
  proxy.hold(false);
  proxy.refuse(false);
  expect((await delivered).seq).toBe(1);
  expect((await queued).seq).toBe(2);
  await until(() => heard.length === 2);
  expect(heard.map(({ payload }) => payload)).toEqual([{ text: "delivered" }, { text: "queued" }]);
}
