// The examples that are programs: what they say, also where something is missing.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { Relay, within } from "./relay.js";
import { repository } from "./support.js";

const prices = (...args: string[]) => ran("backend/prices.mjs", args);

async function ran(name: string, args: string[]) {
  const script = fileURLToPath(new URL(`sdk/examples/${name}`, repository));
  const child = spawn(process.execPath, [script, ...args]);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (more) => (text += more));
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = within(once(child, "close"), `the end of ${name} ${args.join(" ")}`);
  const [code] = (await ended) as [number];
  return { code, text };
}

// A port that was free a moment ago may be another test's by now; nobody is given this one.
const kUnusedUrl = "ws://127.0.0.1:1";

test("the backend publishes, and every publish is acknowledged", async () => {
  const relay = await Relay.start();
  onTestFinished(() => relay.end());
  const { code, text } = await prices(relay.url, "0.5");
  const [, sent, acks] = /^(\d+) published, (\d+) acknowledged, p99 [\d.]+ ms$/m.exec(text) ?? [];
  expect([code, acks, Number(sent) > 0], text).toEqual([0, sent, true]);
});

test("without a relay, or with a URL that is none, it says what to do, and shows no stack", async () => {
  for (const url of ["nonsense", kUnusedUrl]) {
    const { code, text } = await prices(url, "1");
    expect(code, text).toBe(1);
    expect(text).toContain(`No relay at ${url}: `);
    expect(text).toContain("./setup run");
    expect(text).not.toMatch(/^\s+at /m);
  }
});

test("so do the pages' server and its options", async () => {
  for (const args of [["--nonsense"], ["--relay", "nonsense"], ["lobby"]]) {
    const { code, text } = await ran("serve.mjs", args);
    expect(code, text).toBe(1);
    expect(text).toMatch(/ws:\/\/127\.0\.0\.1:8080/);
    expect(text).not.toMatch(/^\s+at /m);
  }
});

test("the library is built again once a source, or the folder of one, is newer", async () => {
  const { isBuilt } = (await import(new URL("sdk/js/built.mjs", repository).href)) as {
    isBuilt(folder: string): boolean;
  };
  const folder = mkdtempSync(path.join(tmpdir(), "perseid-built-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => path.join(folder, name);
  const touch = (name: string, seconds: number) => utimesSync(at(name), seconds, seconds);
  for (const name of ["src/time", "dist/min"]) mkdirSync(at(name), { recursive: true });
  const sources = ["src/a.ts", "src/time/b.ts", "build.mjs", "package.json"];
  const others = ["package-lock.json", "tsconfig.build.json"];
  for (const name of [...sources, ...others]) writeFileSync(at(name), "");
  const reset = () => [...sources, ...others, "src", "src/time"].forEach((name) => touch(name, 1000));
  reset();
  expect(isBuilt(folder)).toBe(false);
  writeFileSync(at("dist/min/state.js"), "");
  touch("dist/min/state.js", 2000);
  expect(isBuilt(folder)).toBe(true);
  for (const name of sources) {
    touch(name, 3000);
    expect(isBuilt(folder), name).toBe(false);
    reset();
  }
  unlinkSync(at("src/time/b.ts")); // Its folder is of now.
  expect(isBuilt(folder)).toBe(false);
});
