// Predictor: the own player, who reacts at once although the answer comes later. Inputs are
// numbered and kept until they are acknowledged; then the authority's state is taken and the rest
// is replayed on it, and what that corrects is drawn away smoothly. Pure: times are arguments.

export interface PredictorOptions<State, Input> {
  state: State;
  /** The rules of the game: the state behind an input. It must not change its arguments. */
  step(state: State, input: Input): State;
  /** Which numbers of the state are drawn smoothly, `["x", "y"]` say. */
  smooth?: (keyof State & string)[];
  /** In so long a correction has shrunk to a tenth. */
  smoothMs?: number;
  /** A correction that is larger is jumped to: a teleport, not an error. */
  snapAt?: number;
  /** Inputs that may wait for an answer; the oldest is given up beyond. */
  inputsMax?: number;
}

export interface NumberedInput<Input> {
  seq: number;
  input: Input;
}

export class Predictor<State extends object, Input> {
  #seq = 0;
  #state: State;
  #pending: NumberedInput<Input>[] = [];
  #error: { [field: string]: number } = {};
  #errorAt = 0;
  #acknowledged = 0;

  constructor(private readonly options: PredictorOptions<State, Input>) {
    this.#state = options.state;
  }

  /** The state with every input applied. */
  get state(): State {
    return this.#state;
  }
  /** What is not acknowledged: send these again on a new session. The numbers go on for ever. */
  get pending(): readonly NumberedInput<Input>[] {
    return this.#pending;
  }

  /** Applies an input now; send what this returns. */
  apply(input: Input): NumberedInput<Input> {
    const numbered = { seq: ++this.#seq, input };
    this.#pending.push(numbered);
    if (this.#pending.length > (this.options.inputsMax ?? 256)) this.#pending.shift();
    this.#state = this.options.step(this.#state, input);
    return numbered;
  }

  /** The authority's state behind input `seq`. Older answers than the last are passed over. */
  acknowledge(seq: number, state: State, now: number): void {
    if (seq < this.#acknowledged) return;
    this.#acknowledged = seq;
    const shown = this.view(now);
    this.#pending = this.#pending.filter((each) => each.seq > seq);
    this.#state = this.#pending.reduce((at, { input }) => this.options.step(at, input), state);
    this.#correct(shown, now);
  }

  /** The state as it is to be drawn: predicted, and what was corrected fading away. */
  view(now: number): State {
    const left = 0.1 ** (Math.max(0, now - this.#errorAt) / (this.options.smoothMs ?? 150));
    const out = { ...this.#state } as { [field: string]: unknown };
    for (const [field, error] of Object.entries(this.#error)) {
      out[field] = (out[field] as number) + error * left;
    }
    return out as State;
  }

  #correct(shown: State, now: number): void {
    const errors: { [field: string]: number } = {};
    let square = 0;
    for (const field of this.options.smooth ?? []) {
      const error = Number(shown[field]) - Number(this.#state[field]);
      errors[field] = error;
      square += error * error;
    }
    const isJump = Math.sqrt(square) > (this.options.snapAt ?? Infinity);
    this.#error = isJump ? {} : errors;
    this.#errorAt = now;
  }
}
