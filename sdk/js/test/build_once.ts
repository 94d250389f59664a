// Builds dist before the tests: the package's and the examples' use it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { repository } from "./support.js";

export default function setup(): void {
  const script = fileURLToPath(new URL("tests/e2e/support/sdk.mjs", repository));
  const { status } = spawnSync(process.execPath, [script, "npm"], { stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed");
}
