// Relay: the real binary on a free port, ended with the test that started it; and clients of it.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { Client } from "../src/client.js";
import { connect } from "../src/node/index.js";
import type { ConnectOptions } from "../src/options.js";
import { repository } from "./support.js";

const kBinary =
  process.env.PERSEID_BINARY ?? fileURLToPath(new URL("build/release/perseid", repository));

/** So long something broken is waited for: more than a loaded machine takes, less than a test may. */
const kWaitMs = 60_000;

export class Relay {
  #child: ChildProcess;
  #exited: Promise<unknown>;
  port = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
    const kill = () => child.kill("SIGKILL");
    process.on("exit", kill);
    child.once("exit", () => process.off("exit", kill));
  }

  static async start(...flags: string[]): Promise<Relay> {
    const port = flags.includes("--port") ? [] : ["--port", "0"];
    const all = ["--host", "127.0.0.1", "--shards", "2", ...port, ...flags];
    const own = /^PERSEID_(BINARY|CHROMIUM|TEST_)/;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
    const child = spawn(kBinary, all, { stdio: ["ignore", "pipe", "pipe"], env });
    let said = "";
    child.stderr.on("data", (text) => (said = (said + text).slice(-10_000)));
    child.on("error", (error) => (said += error.message));
    const relay = new Relay(child);
    for await (const line of createInterface({ input: child.stdout })) {
      relay.port = Number(/^listening on .+:(\d+)$/.exec(line)![1]);
      return relay;
    }
    throw new Error(`${kBinary} ended before it listened:\n${said}`);
  }

  /** With a config file of this text. */
  static async configured(config: string, ...flags: string[]): Promise<Relay> {
    const folder = mkdtempSync(path.join(tmpdir(), "perseid-sdk-"));
    writeFileSync(path.join(folder, "rules.toml"), config);
    const relay = await Relay.start("--config", path.join(folder, "rules.toml"), ...flags);
    rmSync(folder, { recursive: true });
    return relay;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#child.kill(signal);
    await this.#exited;
  }
}

/** A client that ends with the test. */
export function client(to: Relay | string, options: ConnectOptions = {}): Client {
  const made = connect(typeof to === "string" ? to : to.url, options);
  onTestFinished(() => made.close());
  return made;
}

/** The next event for which `match` holds; listened for from the call on. */
export function next<Event>(
  source: { on(name: never, handler: (event: Event) => void): () => void },
  name: string,
  match: (event: Event) => boolean = () => true,
): Promise<Event> {
  const came = new Promise<Event>((resolve) => {
    const end = source.on(name as never, (event) => {
      if (!match(event)) return;
      end();
      resolve(event);
    });
  });
  return within(came, `the event "${name}" with ${match}`);
}

/** Resolves when `holds` does; looked at each few ms. */
export async function until(
  holds: () => boolean,
  what = String(holds),
  limitMs = kWaitMs,
): Promise<void> {
  let isOver = false;
  const look = async () => {
    while (!isOver && !holds()) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  await within(look(), what, limitMs).finally(() => (isOver = true));
}

/** The promise, or an error that says what was waited for; a test's deadline would not. */
export function within<T>(promise: Promise<T>, what: string, limitMs = kWaitMs): Promise<T> {
  const error = new Error(`waited ${limitMs} ms in vain for ${what}`); // Here, for its stack.
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error), limitMs).unref();
  });
  const either = Promise.race([promise, late]).finally(() => clearTimeout(timer));
  either.catch(() => {}); // Of who made it and failed before awaiting it.
  return either;
}
