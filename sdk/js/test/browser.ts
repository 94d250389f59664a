// The examples' pages in Chromium: one browser, one relay and one server for a file's tests.
// Screenshots are kept where PERSEID_TEST_OUTPUT says.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { Relay, within } from "./relay.js";
import { repository } from "./support.js";

const kBrowsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const kOutput = process.env.PERSEID_TEST_OUTPUT ?? mkdtempSync(path.join(tmpdir(), "perseid-shots-"));

// For what a page does: two that draw by software have taken half a minute on a loaded machine.
const kPageMs = 90_000;

let relay: Relay;
let server: ChildProcess;
let ended: Promise<unknown>;
let url = "";
let browser: Browser;

export const theRelay = () => relay;

export function withExamples(): void {
  beforeAll(start);
  afterAll(async () => {
    await browser?.close();
    server?.kill();
    await ended;
    await relay?.end();
  });
}

async function start(): Promise<void> {
  mkdirSync(kOutput, { recursive: true });
  relay = await Relay.start("--creators-declare-rooms", "--reconnect-delay-ms", "100");
  const script = fileURLToPath(new URL("sdk/examples/serve.mjs", repository));
  server = spawn(process.execPath, [script, "--port", "0", "--relay", relay.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  ended = once(server, "exit");
  const opened = async () => {
    for await (const line of createInterface({ input: server.stdout! })) {
      const [, where] = /^open (.+)$/.exec(line) ?? [];
      if (where) return where;
    }
    throw new Error("serve.mjs ended before it was open");
  };
  url = await within(opened(), "serve.mjs to be open");
  const executablePath = process.env.PERSEID_CHROMIUM ?? kBrowsers.find((each) => existsSync(each));
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

interface Options {
  colorScheme?: "light" | "dark";
  viewport?: { width: number; height: number };
  ignoreHTTPSErrors?: boolean;
}

export async function pageOf(where: string, options: Options = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 760 }, ...options });
  context.setDefaultTimeout(kPageMs);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: unknown[] = [];
  page.on("pageerror", (error) => faults.push(error));
  page.on("requestfailed", (request) => faults.push(request.url()));
  onTestFinished(() => expect(faults).toEqual([]));
  await page.goto(`${url}${where}`);
  return page;
}

export const shot = (page: Page, name: string) =>
  page.screenshot({ path: path.join(kOutput, `${name}.png`), fullPage: true });
