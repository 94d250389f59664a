// SessionSigner: one client's signatures, session by session. Invariants: no count is used twice;
// one that is for another session is not handed out; nothing goes unsigned.
import { PerseidError } from "../errors.js";
import type { Publish } from "../flavour.js";
import type { Signer, SigningTerms } from "../signing.js";
import { checkSignable } from "./signed_form.js";

/** Signs for one session: a payload's text, which goes to `place`, becomes a signed one's. */
export type Sign = (count: number, lane: string, place: string, text: string) => Promise<string>;

export interface Scheme {
  algorithm: SigningTerms["algorithm"];
  /** The public key, if there is one. */
  key?: string;
  /** By what one session's welcome says. */
  session(terms: SigningTerms): Sign;
}

const kWaitingMax = 256;

export class SessionSigner implements Signer {
  #sign: Sign | undefined;
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(private readonly scheme: Scheme) {}

  get hello(): Signer["hello"] {
    const { algorithm, key } = this.scheme;
    return { signing: algorithm, ...(key !== undefined && { signing_key: key }) };
  }

  begin(terms: SigningTerms | undefined): PerseidError | undefined {
    if (!terms) return unsupported("The relay takes no signatures here, and nothing goes without");
    const { algorithm, key = terms.key } = this.scheme;
    if (terms.algorithm !== algorithm || terms.key !== key) {
      const by = terms.nonce === undefined ? terms.algorithm : `ed25519 with the key ${terms.key}`;
      return unsupported(`This session signs by ${by}: give connect() that \`signing\``);
    }
    this.#sign = this.scheme.session(terms);
    this.#count = Math.max(this.#count, terms.count);
    return undefined;
  }

  sign({ lane, room, to, text }: Publish): Promise<string | undefined> | undefined {
    if (lane === "game_state") return undefined; // The relay merges it: it cannot be signed.
    const sign = this.#sign;
    if (!sign) return Promise.resolve(undefined);
    const place = room === undefined ? `to ${to}` : `room ${room}`;
    return this.#signed(sign, ++this.#count, lane, place, text);
  }

  async #signed(sign: Sign, ...what: Parameters<Sign>): Promise<string | undefined> {
    checkSignable(what[3]);
    const text = await sign(...what);
    return sign === this.#sign ? text : undefined;
  }

  signNext(publish: Publish): Promise<string | undefined> | undefined {
    if (publish.lane === "game_state") return undefined;
    if (this.#waiting >= kWaitingMax) {
      return Promise.reject(new PerseidError("queue_full", "More waits to be signed than may."));
    }
    this.#waiting += 1;
    const signed = this.#turn.then(() => this.sign(publish)).finally(() => (this.#waiting -= 1));
    this.#turn = signed.catch(() => {});
    return signed;
  }

  get turn(): Promise<unknown> | undefined {
    return this.#waiting > 0 ? this.#turn : undefined;
  }
}

function unsupported(why: string): PerseidError {
  return new PerseidError("unsupported", `${why}.`);
}
