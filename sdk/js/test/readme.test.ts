// What the README shows runs as it stands, in a fresh project: each program by itself.
import { transformSync } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { FreshProject, readmeBlocks, run } from "./fresh_project.js";
import { Relay } from "./relay.js";

// What a reader has by then. A page's frames come as Node's timers; the last line gives what goes
// wrong later the time to do so.
const kBefore = `
  import { connect as connectFirst, NodeSocket } from "perseid/node";
  import { webcrypto } from "node:crypto";
  globalThis.crypto ??= webcrypto; // Node 18.
  globalThis.WebSocket = NodeSocket;
  globalThis.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 16);
  await connectFirst("ws://127.0.0.1:8080", { name: "ben" }).ready();\n`;
const kGiven = `
  const client = connectFirst("ws://127.0.0.1:8080", { name: "ana" });
  const room = await client.join("lobby");
  import { connect } from "perseid";\n`;
const kAfter = `\nsetTimeout(() => { console.log("well"); process.exit(0); }, 200);\n`;

test("each of the README's programs runs", async () => {
  const relay = await Relay.start();
  const project = new FreshProject();
  onTestFinished(async () => {
    project.end();
    await relay.end();
  });
  const blocks = readmeBlocks();
  for (const [i, { code, isWhole }] of blocks.entries()) {
    const text = kBefore + (isWhole ? "" : kGiven) + code + kAfter;
    const here = text.replaceAll("127.0.0.1:8080", `127.0.0.1:${relay.port}`);
    project.write(`readme${i}.mjs`, transformSync(here, { loader: "ts", format: "esm" }).code);
    expect(run(process.execPath, [`readme${i}.mjs`], project.folder), code).toContain("well");
  }
});
