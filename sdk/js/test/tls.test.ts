// wss:// in a browser: by its own WebSocket, if it trusts the certificate. Node: tls_relay.test.ts;
// the package in Node, Deno and Bun: runtimes.test.ts.
import { expect, test } from "vitest";
import { pageOf, theRelay, withExamples } from "./browser.js";
import { makeCertificate, secureRelay, secureUrl } from "./certificate.js";
import { TlsProxy } from "./tls_proxy.js";

withExamples();

const kJoin = `async (url) => {
  const { connect } = await import("/perseid/perseid.js");
  const client = connect(url, { reconnect: false });
  try {
    const room = await client.join("tls");
    return (await room.chat("hi")).seq;
  } catch ({ name, code, message }) {
    return { name, code, message };
  } finally {
    client.close();
  }
}`;

const kTargets = {
  "the relay": async () => secureUrl(await secureRelay(makeCertificate())),
  "a proxy": async () => (await TlsProxy.to(theRelay())).url,
};

test.each(Object.entries(kTargets))("Chromium joins %s by wss:// if it trusts it", async (_, to) => {
  const call = `(${kJoin})("${await to()}")`;
  const trusting = await pageOf("", { ignoreHTTPSErrors: true });
  expect(await trusting.evaluate(call)).toBe(1);
  const strict = await pageOf("");
  const refused = await strict.evaluate(call);
  expect(refused).toMatchObject({ name: "PerseidError", code: "closed" });
  expect(JSON.stringify(refused)).toMatch(/certificate/);
});
