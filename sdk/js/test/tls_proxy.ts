// TlsProxy: what stands before the relay where it is reached by wss://, with a certificate that it
// signs itself.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { expect, onTestFinished } from "vitest";
import type { Relay } from "./relay.js";

export class TlsProxy {
  readonly #sockets = new Set<TLSSocket>();

  private constructor(
    private readonly server: Server,
    /** The certificate's file. */
    readonly certificate: string,
  ) {}

  /** Ends with the test. */
  static async to(relay: Relay): Promise<TlsProxy> {
    const folder = mkdtempSync(path.join(tmpdir(), "perseid-tls-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    // Deno takes no authority's certificate for a server's own.
    const use = ["-addext", "basicConstraints=critical,CA:FALSE"];
    const files = ["-keyout", key, "-out", cert];
    const made = spawnSync("openssl", ["req", "-x509", "-days", "2", ...curve, ...names, ...use, ...files]);
    expect(made.status, String(made.stderr ?? made.error)).toBe(0);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const proxy = new TlsProxy(server, cert);
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
