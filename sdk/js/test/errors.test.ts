// The closed list of errors is the relay's: docs/protocol.md has it from codec/error.h.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repository } from "./support.js";

const read = (name: string) => readFileSync(new URL(name, repository), "utf8");

/** Told in the log: a connection whose TLS, or whose proxy, fails bears no message. */
const kLogged = ["bad_proxy_header", "tls_failed"];

test("every code that a connection can be answered with is known, and no other", () => {
  const section = /generated: errors -->([^]*?)<!-- end/.exec(read("docs/protocol.md"))![1]!;
  const rows = section.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  // Codes that close with one of RFC 6455's, or answer the upgrade, bring no `error` message.
  const told = rows
    .filter(([, code, http, close]) => code?.startsWith("`") && !close?.startsWith("10") &&
      (!http || close))
    .map(([, code]) => code!.replaceAll("`", ""))
    .filter((code) => !kLogged.includes(code));
  const source = /type RelayErrorCode =([^;]*);/.exec(read("sdk/js/src/errors.ts"))![1]!;
  const known = [...source.matchAll(/"(\w+)"/g)].map(([, code]) => code!);
  expect(known).toEqual(expect.arrayContaining(told));
  // A close code's name may be one as well, though no `error` goes before that close yet.
  const closes = /generated: close codes -->([^]*?)<!-- end/.exec(read("docs/protocol.md"))![1]!;
  for (const extra of known.filter((code) => !told.includes(code))) {
    expect(closes).toContain(`\`${extra}\``);
  }
});
