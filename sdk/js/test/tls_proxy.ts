// TlsProxy: what may stand before the relay to end TLS in its place.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { makeCertificate } from "./certificate.js";
import type { Relay } from "./relay.js";

export class TlsProxy {
  readonly #sockets = new Set<TLSSocket>();

  private constructor(private readonly server: Server) {}

  /** Ends with the test. */
  static async to(relay: Relay): Promise<TlsProxy> {
    const { key, cert } = makeCertificate();
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const proxy = new TlsProxy(server);
    server.on("secureConnection", (near) => {
      proxy.#sockets.add(near);
      const far = connect(relay.port, "127.0.0.1");
      near.pipe(far).pipe(near);
      for (const [from, into] of [[near, far], [far, near]] as const) {
        from.on("error", () => {});
        from.on("close", () => into.destroy());
      }
      near.on("close", () => proxy.#sockets.delete(near));
    });
    server.on("tlsClientError", () => {}); // Who does not trust it.
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      proxy.cut();
      server.close();
    });
    return proxy;
  }

  get url(): string {
    return `wss://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
