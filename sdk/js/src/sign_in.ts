// SignIn: where a client's token comes from, for each connection and before one ends.
import { PerseidError } from "./errors.js";
import type { TokenSource } from "./options.js";

export class SignIn {
  constructor(
    private source: TokenSource | undefined,
    private readonly failed: (error: PerseidError) => void,
  ) {}

  /** Whether a token that is over can be followed by another. */
  get canRenew(): boolean {
    return typeof this.source === "function";
  }

  /** At once, unless it has to be fetched. */
  then(use: (token: string | undefined) => void, giveUp: () => void): void {
    const { source } = this;
    if (typeof source !== "function") return use(source);
    Promise.resolve()
      .then(source)
      .then(use, (cause: unknown) => {
        this.failed(new PerseidError("no_token", `token() failed: ${String(cause)}`));
        giveUp();
      });
  }

  /** One that was set by hand, for the connections to come. */
  replace(token: string): void {
    if (!this.canRenew) this.source = token;
  }
}
