// The platform's WebCrypto.
import { PerseidError } from "../errors.js";

export function webCrypto(): Crypto {
  const found = globalThis.crypto as Crypto | undefined;
  // A page that came by plain http from another machine has no `subtle`.
  if (found?.subtle) return found;
  const node = "On Node 18: globalThis.crypto ??= (await import('node:crypto')).webcrypto";
  const page = "In a page: only over https, or from this machine";
  throw new PerseidError("unsupported", `There is no WebCrypto here. ${node}. ${page}.`);
}
