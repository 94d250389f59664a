// The packed ES modules under Deno and Bun, by their own WebSockets: joined, said, set, cut off,
// resumed, encrypted, signed. Both come from npm (test/runtimes); where they do not, the test is skipped.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { makeCertificate, secureRelay, secureUrl } from "./certificate.js";
import { FreshProject, kSdk } from "./fresh_project.js";
import { Proxy } from "./proxy.js";
import { Relay, within } from "./relay.js";

const kFolder = path.join(kSdk, "test/runtimes");
const kInstallMs = 300_000;
// `trust`: the variable that names a file of certificates to trust besides.
const kRuntimes = [
  { name: "node", command: process.execPath, args: [], trust: "NODE_EXTRA_CA_CERTS" },
  {
    ...{ name: "deno", command: bin("deno"), trust: "DENO_CERT" },
    args: ["run", "--no-prompt", "--allow-net=127.0.0.1"],
  },
  { name: "bun", command: bin("bun"), args: ["run"], trust: "NODE_EXTRA_CA_CERTS" },
];
type Runtime = (typeof kRuntimes)[number];

let relay: Relay;
let project: FreshProject;
let whyNot = "";

beforeAll(async () => {
  const script = path.join(kSdk, "../../tests/e2e/support/packages.mjs");
  const env = { ...process.env, npm_config_fetch_retries: "1" };
  const options = { cwd: kFolder, env, encoding: "utf8" } as const;
  const { status, stderr } = spawnSync(process.execPath, [script, "npm"], options);
  if (status !== 0) whyNot = `npm cannot install test/runtimes: ${stderr.trim().split("\n")[0]}`;
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

interface Wire {
  url: string;
  cut(): void;
}

async function play(of: Runtime, wire: Wire, args: string[], more: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, NO_COLOR: "1", DENO_DIR: path.join(project.folder, ".deno") };
  const child = spawn(of.command, [...of.args, "program.mjs", wire.url, ...args], {
    cwd: project.folder,
    env: { ...env, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (text) => (errors += text));
  const lines: string[] = [];
  const played = async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === "cut me") wire.cut();
    }
    return (await exit) as [number | null];
  };
  const [code] = await within(played(), `${of.name} to end`);
  return { code, lines, text: `${lines.join("\n")}\n${errors}` };
}

const kPlayed = {
  ...{ heard: [[1, "Zoë 🎲"], [2, "back"], [3, "signed"]], resumed: true, same: true },
  ...{ payload: { text: "4711" }, encrypted: true, verified: true },
};

for (const runtime of kRuntimes) {
  const { name, command } = runtime;
  const isMissing = () => {
    let why = "";
    if (name !== "node" && whyNot) why = whyNot;
    else if (versionOf(command) === undefined) why = "what npm has does not run here";
    if (why) console.log(`runtimes: ${name} is passed over: ${why}`);
    return why !== "";
  };
  test.for(["json", "binary"])(`${name} plays, is cut off and goes on: %s`, async (flavour, it) => {
    if (isMissing()) return it.skip();
    const proxy = await Proxy.to(relay);
    const { code, lines, text } = await play(runtime, proxy, [flavour, `${name} ${flavour}`]);
    expect(code, text).toBe(0);
    expect(JSON.parse(lines[1]!)).toEqual(kPlayed);
    const version = versionOf(command)!;
    console.log(`runtimes: ${version.includes(name) ? "" : `${name} `}${version}, ${flavour}: passed`);
  });

  test(`${name} plays over TLS, if it trusts the certificate`, async (it) => {
    if (isMissing()) return it.skip();
    const certificate = makeCertificate();
    const proxy = await Proxy.to(await secureRelay(certificate, "--reconnect-delay-ms", "20"));
    const wire = { url: secureUrl(proxy), cut: () => proxy.cut() };
    const trust = { [runtime.trust]: certificate.cert };
    const { code, lines, text } = await play(runtime, wire, ["binary", `${name} TLS`], trust);
    expect(code, text).toBe(0);
    expect(JSON.parse(lines[1]!)).toEqual(kPlayed);
    const refused = await play(runtime, wire, ["binary", `${name} TLS`, "once"]);
    expect(refused.code).not.toBe(0);
    expect(refused.lines[0], refused.text).toMatch(/^PerseidError closed: .*certificate/);
  });
}
