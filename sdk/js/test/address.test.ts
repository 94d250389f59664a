// Where to connect: what is understood, and what is refused at once, saying what to do.
import { expect, test } from "vitest";
import { urlOf } from "../src/address.js";
import { connect as connectOfNode, Pool } from "../src/node/index.js";
import { connect, PerseidError } from "../src/index.js";
import type { SocketConstructor } from "../src/socket.js";

test.each([
  ["ws://127.0.0.1:8080", "ws://127.0.0.1:8080/ws"],
  ["wss://relay.example/", "wss://relay.example/ws"],
  ["http://[::1]:8080", "ws://[::1]:8080/ws"],
  ["https://relay.example/game/ws?zone=2#top", "wss://relay.example/game/ws?zone=2"],
])("%s is %s", (text, url) => expect(urlOf(text)).toBe(url));

function refusal(make: () => { close(): void }): unknown {
  try {
    make().close();
  } catch (error) {
    return error;
  }
  return undefined;
}

const kBad = ["", "lobby", "127.0.0.1:8080", "ws://", "ws://a b", "ws://relay:99999", "localhost:8080",
  "ftp://relay", "file:///ws", "ws://ana:secret@relay", undefined];

test.each(kBad)("%s is refused at once by a typed error that shows a good one", (bad) => {
  for (const make of [connect, connectOfNode, (url: string) => new Pool(url)]) {
    const WebSocket = class {} as unknown as SocketConstructor; // Never made.
    const error = refusal(() => make(bad as string, { WebSocket })) as PerseidError;
    expect(error).toBeInstanceOf(PerseidError);
    expect(error).toMatchObject({ code: "bad_url", field: "url" });
    expect(error.message).toContain("ws://127.0.0.1:8080");
    expect(error.message).not.toContain("secret");
  }
});

test("what the platform's WebSocket refuses to open is the same typed error", () => {
  const WebSocket = class {
    constructor() {
      throw new Error("The page was loaded over HTTPS.");
    }
  } as unknown as SocketConstructor;
  const error = refusal(() => connect("ws://relay.example", { WebSocket })) as PerseidError;
  expect(error).toMatchObject({ code: "bad_url" });
  expect(error.message).toContain("loaded over HTTPS");
});
