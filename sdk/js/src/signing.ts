// Signing: what `signing` of connect() has to be; perseid/secure makes one. It signs what a client
// says, chat and actions (docs/protocol.md, "Signing messages").
import { PerseidError } from "./errors.js";
import type { Publish } from "./flavour.js";

/** `signing` of `welcome`: what a session's signatures are made of. */
export interface SigningTerms {
  algorithm: "ed25519" | "hmac-sha256";
  key: string;
  nonce?: string;
  /** The highest that was taken. */
  count: number;
}

/** One client's. */
export interface Signer {
  /** What `hello` says of it. */
  readonly hello: { signing: string; signing_key?: string };
  /** A session begins, or goes on; or why it cannot, with what this signs by. */
  begin(terms: SigningTerms | undefined): PerseidError | undefined;
  /**
   * The payload's text, signed; undefined if the session is another by then. At once undefined if
   * there is nothing to sign.
   */
  sign(publish: Publish): Promise<string | undefined> | undefined;
  /** The same for what is sent now or never: one after the other, and not too many. */
  signNext(publish: Publish): ReturnType<Signer["sign"]>;
  /** When all of that has been signed; undefined if none is. */
  readonly turn: Promise<unknown> | undefined;
}

/** Several clients may share one. */
export type Signing = () => Signer;

/** Why a session cannot begin: who has to sign and cannot is told so, not refused at each word. */
export function refusal(
  signer: Signer | undefined,
  terms: SigningTerms | undefined,
): PerseidError | undefined {
  if (signer) return signer.begin(terms);
  if (!terms) return undefined;
  const how = `This session has to sign (${terms.algorithm}): give connect() \`signing\`.`;
  return new PerseidError("unsupported", how);
}
