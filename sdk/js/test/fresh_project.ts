// A fresh project in a folder of its own that has installed the packed package, as a user would.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { repository } from "./support.js";

export const kSdk = fileURLToPath(new URL("sdk/js/", repository));

const kRunMs = 120_000; // A test's deadline cannot end what it waits for.

/** What it printed; its exit code has to be 0. */
export function run(command: string, args: string[], cwd: string): string {
  const options = { cwd, encoding: "utf8", timeout: kRunMs, killSignal: "SIGKILL" } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  expect(status, `${command} ${args.join(" ")}\n${error ?? ""}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

export class FreshProject {
  readonly folder = mkdtempSync(path.join(tmpdir(), "perseid-pack-"));

  constructor() {
    run("npm", ["pack", "--silent", "--pack-destination", this.folder], kSdk);
    const [tarball] = readdirSync(this.folder).filter((name) => name.endsWith(".tgz"));
    this.write("package.json", '{ "name": "fresh", "private": true }\n');
    const install = ["install", "--offline", "--no-audit", "--no-fund", `./${tarball!}`];
    run("npm", install, this.folder);
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export interface Block {
  code: string;
  /** Imports connect() itself; others go on with a `client` and a `room`. */
  isWhole: boolean;
}

/** The programs that README.md shows. */
export function readmeBlocks(): Block[] {
  const readme = readFileSync(path.join(kSdk, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code!);
  expect(blocks.length).toBeGreaterThanOrEqual(8);
  return blocks.map((code) => ({ code, isWhole: /import \{ connect \}/.test(code) }));
}
