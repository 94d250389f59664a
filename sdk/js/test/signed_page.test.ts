// Signatures by a browser's WebCrypto, of the minified build, through the real relay.
import { expect, test } from "vitest";
import { pageOf, theRelay, withExamples } from "./browser.js";

withExamples();

const kProgram = `async (url) => {
  const { connect } = await import("/perseid/perseid.js");
  const { binary } = await import("/perseid/state.js");
  const secure = await import("/perseid/secure.js");
  const told = [];
  const keys = await secure.newSigningKeys();
  const signings = [await secure.ed25519Signer(keys), secure.hmacSigner()];
  for (const [i, signing] of signings.entries()) {
    const ana = connect(url, { signing, ...(i === 0 && { flavour: binary() }) });
    const ben = connect(url);
    const theirs = await ben.join("page");
    const heard = new Promise((resolve) => theirs.once("chat", resolve));
    await (await ana.join("page")).chat("hi 🎲");
    const message = await heard;
    const isMine = message.signed?.key === (await secure.publicSigningKey(keys));
    told.push([message.payload, isMine, await secure.verify(message)]);
    ana.close();
    ben.close();
  }
  return told;
}`;

test("a page signs, and another verifies", async () => {
  const page = await pageOf("chat/?name=ana");
  const told = await page.evaluate(`(${kProgram})(${JSON.stringify(theRelay().url)})`);
  expect(told).toEqual([
    [{ text: "hi 🎲" }, true, true],
    [{ text: "hi 🎲" }, false, false],
  ]);
});
