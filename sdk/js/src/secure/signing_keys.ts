// Keys of Ed25519 signatures, by WebCrypto. Where that lacks Ed25519 it is said, and nothing else
// is done in its place.
import { PerseidError } from "../errors.js";
import { bytesOf, textOf } from "./base64.js";
import { webCrypto } from "./web_crypto.js";

const kEd25519 = "Ed25519";

/**
 * A new key pair. One that is not `extractable` can be kept in IndexedDB, and nobody can read its
 * private key, not even the page itself.
 */
export function newSigningKeys(extractable = false): Promise<CryptoKeyPair> {
  return withSubtle((subtle) => subtle.generateKey(kEd25519, extractable, ["sign", "verify"]));
}

/** As a JSON Web Key (RFC 8037), with the private one: `x` and `d`. */
export async function exportSigningKeys(keys: CryptoKeyPair): Promise<JsonWebKey> {
  if (!keys.privateKey.extractable) throw badKeys("These keys are not extractable.");
  const { kty, crv, x, d } = await webCrypto().subtle.exportKey("jwk", keys.privateKey);
  return { kty, crv, x, d };
}

export async function importSigningKeys(
  { x, d }: JsonWebKey,
  extractable = false,
): Promise<CryptoKeyPair> {
  if (bytesIn(x) !== 32 || bytesIn(d) !== 32) throw badKeys("A pair has `x` and `d` of 32 bytes.");
  const jwk = { kty: "OKP", crv: kEd25519, x };
  const publicKey = await withSubtle((subtle) =>
    subtle.importKey("jwk", jwk, kEd25519, true, ["verify"]),
  );
  const privateKey = await withSubtle((subtle) =>
    subtle.importKey("jwk", { ...jwk, d }, kEd25519, extractable, ["sign"]),
  );
  return { publicKey, privateKey };
}

/** Whom others see as `signed.key`; also `x` of a token's `cnf.jwk`. */
export async function publicSigningKey({ publicKey }: CryptoKeyPair): Promise<string> {
  if (publicKey.algorithm.name !== kEd25519) throw badKeys("These are no keys of Ed25519.");
  return textOf(new Uint8Array(await withSubtle((subtle) => subtle.exportKey("raw", publicKey))));
}

/** Undefined if the platform takes it for no key. */
export function publicKeyOf(text: string): Promise<CryptoKey | undefined> {
  const bytes = bytesOf(text);
  return withSubtle((subtle) => subtle.importKey("raw", bytes, kEd25519, false, ["verify"])).catch(
    (error: PerseidError) => {
      if (error.code === "unsupported") throw error;
      return undefined;
    },
  );
}

export async function withSubtle<T>(use: (subtle: SubtleCrypto) => Promise<T>): Promise<T> {
  try {
    return await use(webCrypto().subtle);
  } catch (error) {
    if (error instanceof PerseidError) throw error;
    const { name, message } = error as Error;
    if (name !== "NotSupportedError") throw badKeys(`WebCrypto: ${message || name}`);
    const where = "Node has it from 18 on, browsers since Chrome 137, Firefox 129 and Safari 17";
    throw new PerseidError("unsupported", `This WebCrypto has no Ed25519. ${where}.`);
  }
}

function badKeys(why: string): PerseidError {
  return new PerseidError("bad_value", why, "keys");
}

function bytesIn(text: string | undefined): number {
  return /^[\w-]*$/.test(text ?? "") ? Math.floor(((text ?? "").length * 3) / 4) : -1;
}
