// Proxy: a wire between client and relay that a test can cut, or stop for a while.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Relay } from "./relay.js";

export class Proxy {
  #server: Server;
  #pairs = new Set<[Socket, Socket]>();
  #isHeld = false;
  #refuses = false;

  private constructor(to: Relay) {
    this.#server = createServer((near) => {
      if (this.#refuses) return near.destroy();
      const far = connect(to.port, "127.0.0.1");
      const pair: [Socket, Socket] = [near, far];
      this.#pairs.add(pair);
      for (const [from, into] of [pair, [far, near] as const]) {
        from.on("data", (bytes) => into.write(bytes));
        from.on("error", () => {});
        from.on("close", () => {
          into.destroy();
          this.#pairs.delete(pair);
        });
      }
      if (this.#isHeld) far.pause();
    });
  }

  static async to(relay: Relay): Promise<Proxy> {
    const proxy = new Proxy(relay);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    onTestFinished(() => {
      proxy.cut();
      proxy.#server.close();
    });
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks, without good-bye. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** New connections break at once. */
  refuse(refuses: boolean): void {
    this.#refuses = refuses;
  }

  /** Nothing comes from the relay any more, until it is let go. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const [, far] of this.#pairs) {
      if (isHeld) far.pause();
      else far.resume();
    }
  }
}
