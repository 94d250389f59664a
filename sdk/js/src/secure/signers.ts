// What `signing` of connect() takes, of WebCrypto: Ed25519 (RFC 8032), which everybody can verify,
// and HMAC-SHA-256 (RFC 2104), which the relay alone can.
import type { Signing } from "../signing.js";
import { bytesOf, textOf } from "./base64.js";
import { headOf, textToSign } from "./signed_form.js";
import { SessionSigner, type Scheme } from "./signer.js";
import { publicSigningKey, withSubtle } from "./signing_keys.js";
import { webCrypto } from "./web_crypto.js";

/** Signs with a key of this client's own: see newSigningKeys() and importSigningKeys(). */
export async function ed25519Signer(keys: CryptoKeyPair): Promise<Signing> {
  const scheme = await ed25519Scheme(keys);
  return () => new SessionSigner(scheme);
}

/** Signs with a key that the relay draws for each session. */
export function hmacSigner(): Signing {
  webCrypto(); // Throws where there is none.
  return () => new SessionSigner(kHmac);
}

/** @internal */
export async function ed25519Scheme(keys: CryptoKeyPair): Promise<Scheme> {
  const key = await publicSigningKey(keys);
  const signature = (text: Uint8Array<ArrayBuffer>) =>
    withSubtle((subtle) => subtle.sign("Ed25519", keys.privateKey, text));
  await signature(new Uint8Array()); // It can.
  return {
    algorithm: "ed25519",
    key,
    session: ({ nonce }) => async (count, lane, place, text) => {
      const head = headOf(text, `{"key":"${key}","nonce":"${nonce}","count":${count}}`);
      return ended(head, await signature(textToSign(lane, place, head)));
    },
  };
}

/** @internal */
export const kHmac: Scheme = {
  algorithm: "hmac-sha256",
  session({ key }) {
    const how = { name: "HMAC", hash: "SHA-256" };
    const imported = withSubtle((subtle) =>
      subtle.importKey("raw", bytesOf(key), how, false, ["sign"]),
    );
    imported.catch(() => {}); // It is told to who signs.
    return async (count, lane, place, text) => {
      const head = headOf(text, `{"count":${count}}`);
      const [secret, signed] = [await imported, textToSign(lane, place, head)];
      return ended(head, await withSubtle((subtle) => subtle.sign("HMAC", secret, signed)));
    };
  },
};

const ended = (head: string, signature: ArrayBuffer) =>
  `${head}${textOf(new Uint8Array(signature))}"}`;
