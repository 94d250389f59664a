// A certificate that signs itself, for localhost and 127.0.0.1, and a relay that shows it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { Relay } from "./relay.js";

export interface Certificate {
  /** Names of files. */
  key: string;
  cert: string;
}

/** In a folder that ends with the test. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(path.join(tmpdir(), "perseid-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  // Deno takes no authority's certificate for a server's own.
  const use = ["-addext", "basicConstraints=critical,CA:FALSE"];
  const files = ["-keyout", key, "-out", cert];
  const all = ["req", "-x509", "-days", "2", ...curve, ...names, ...use, ...files];
  const made = spawnSync("openssl", all);
  expect(made.status, String(made.stderr ?? made.error)).toBe(0);
  return { key, cert };
}

/** A relay whose port speaks TLS; it ends with the test. */
export async function secureRelay({ cert, key }: Certificate, ...flags: string[]): Promise<Relay> {
  const relay = await Relay.start("--tls-cert", cert, "--tls-key", key, ...flags);
  onTestFinished(() => relay.end());
  return relay;
}

export const secureUrl = ({ url }: { url: string }) => url.replace(/^ws:/, "wss:");
