// Builds dist before the tests: the package's and the examples' use it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export default function setup(): void {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { status } = spawnSync(process.execPath, ["build.mjs"], { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error("the build failed");
}
