// The package: its size, its two builds, and a fresh project that installs and uses it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, onTestFinished, test } from "vitest";
import { FreshProject, kSdk, readmeBlocks, run } from "./fresh_project.js";
import { Relay } from "./relay.js";

const kCoreBytesMax = 14.5 * 1024;

async function gzipped(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [path.join(kSdk, entry)],
    ...{ bundle: true, minify: true, format: "esm", target: "es2022", write: false },
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

test("the core is at most 14.5 KB compressed, and brings no decoder", async () => {
  const core = await gzipped("src/index.ts");
  const state = await gzipped("src/state/index.ts");
  console.log(`compressed: core ${core}, perseid/state ${state} bytes`);
  expect(core).toBeLessThanOrEqual(kCoreBytesMax);
  expect(readFileSync(path.join(kSdk, "dist/esm/index.js"), "utf8")).not.toContain("state/");
});

test("declarations have no any at the surface, and nothing that is internal", () => {
  const folder = path.join(kSdk, "dist/esm");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const declarations = files.filter((name) => name.endsWith(".d.ts"));
  expect(declarations.length).toBeGreaterThan(20);
  for (const name of declarations) {
    const text = readFileSync(path.join(folder, name), "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
    expect(text, name).not.toMatch(/[:<|]\s*any\b/);
  }
  expect(readFileSync(path.join(folder, "room.d.ts"), "utf8")).not.toContain("sendJoin");
});

test("a fresh project installs the packed package, and both builds reach the relay", async () => {
  const relay = await Relay.start();
  const project = new FreshProject();
  const { folder } = project;
  onTestFinished(async () => {
    project.end();
    await relay.end();
  });
  expect(existsSync(path.join(folder, "node_modules/perseid/dist/min/perseid.js"))).toBe(true);
  const body = (name: string) => `
    const client = connect("${relay.url}", { name: "${name}", flavour: binary() });
    client.join("lobby").then(async (room) => {
      const { seq } = await room.chat("hi");
      console.log("${name}", seq, typeof Predictor, typeof roomCipher, root.PerseidError === P);
      client.close();
    });`;
  const entries = [
    ["{ connect }", "perseid/node"],
    ["{ binary }", "perseid/state"],
    ["{ Predictor }", "perseid/time"],
    ["{ roomCipher }", "perseid/secure"],
    ["{ PerseidError: P }", "perseid"],
  ];
  const required = entries.map(([what, from]) => `const ${what} = require("${from}");`);
  project.write(
    "old.cjs",
    `${required.join("\n")}\nconst root = require("perseid");${body("cjs")}`,
  );
  const imported = entries.map(([what, from]) => `import ${what!.replace(":", " as")} from "${from}";`);
  project.write(
    "new.mjs",
    `${imported.join("\n")}\nimport * as root from "perseid";${body("esm")}`,
  );
  expect(run(process.execPath, ["old.cjs"], folder)).toBe("cjs 1 function function true\n");
  expect(run(process.execPath, ["new.mjs"], folder)).toBe("esm 2 function function true\n");
  const tsc = path.join(kSdk, "node_modules/typescript/bin/tsc");
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--lib", "es2022,dom"];
  const names = ["a.mts", "b.cts"];
  for (const name of names) {
    project.write(
      name,
      `import { connect, type Client } from "perseid";
       const client: Client = connect("ws://x");
       client.on("link", ({ state }) => { const known: "open" | string = state; void known; });
       // @ts-expect-error: there is no such event.
       client.on("lnik", () => {});\n`,
    );
  }
  // What the README shows compiles, too.
  for (const [i, { code, isWhole }] of readmeBlocks().entries()) {
    const given = `import { connect, type Client, type Room } from "perseid";
      declare const client: Client; declare const room: Room;\n`;
    const name = `readme${i}.mts`;
    project.write(name, isWhole ? code : given + code);
    names.push(name);
  }
  run(process.execPath, [tsc, ...flags, ...names], folder);
});
