// The packed ES modules under Deno and Bun, by their own WebSockets: joined, said, set, cut off,
// resumed, encrypted. Both come from npm (test/runtimes); where they do not, the test is skipped.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { FreshProject, kSdk } from "./fresh_project.js";
import { Proxy } from "./proxy.js";
import { Relay } from "./relay.js";

const kFolder = path.join(kSdk, "test/runtimes");
const kInstallMs = 300_000;
const kRuntimes = [
  { name: "node", command: process.execPath, args: [] },
  { name: "deno", command: bin("deno"), args: ["run", "--no-prompt", "--allow-net=127.0.0.1"] },
  { name: "bun", command: bin("bun"), args: ["run"] },
];

let relay: Relay;
let project: FreshProject;
let whyNot = "";

beforeAll(async () => {
  const script = path.join(kSdk, "../../tests/e2e/support/packages.mjs");
  const env = { ...process.env, npm_config_fetch_retries: "1" };
  const options = { cwd: kFolder, env, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync(process.execPath, [script, "npm"], options);
  if (status !== 0) whyNot = `npm could not install test/runtimes: ${stderr.trim().split("\n")[0]}`;
  project = new FreshProject();
  copyFileSync(path.join(kFolder, "program.mjs"), path.join(project.folder, "program.mjs"));
  relay = await Relay.start("--reconnect-delay-ms", "20");
}, kInstallMs);
afterAll(async () => {
  project?.end();
  await relay?.end();
});

function bin(name: string): string {
  return path.join(kFolder, "node_modules/.bin", name);
}

function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0]!.trim() : undefined;
}

for (const { name, command, args } of kRuntimes) {
  test.for(["json", "binary"])(`${name} plays, is cut off and goes on: %s`, async (flavour, it) => {
    if (name !== "node" && whyNot) return it.skip(`${name}: ${whyNot}`);
    const version = versionOf(command);
    if (version === undefined) return it.skip(`${name} from npm does not run on this machine`);
    const proxy = await Proxy.to(relay);
    const env = { ...process.env, NO_COLOR: "1", DENO_DIR: path.join(project.folder, ".deno") };
    const child = spawn(command, [...args, "program.mjs", proxy.url, flavour, `${name} ${flavour}`], {
      ...{ cwd: project.folder, env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exit = once(child, "exit");
    let errors = "";
    child.stderr.on("data", (text) => (errors += text));
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === "cut me") proxy.cut();
    }
    expect(await exit, `${lines.join("\n")}\n${errors}`).toEqual([0, null]);
    expect(JSON.parse(lines[1]!)).toEqual({
      ...{ heard: [[1, "Zoë 🎲"], [2, "back"]], resumed: true, same: true },
      ...{ payload: { text: "4711" }, encrypted: true },
    });
    console.log(`runtimes: ${version.includes(name) ? "" : `${name} `}${version}, ${flavour}: passed`);
  });
}
