// BinarySocket: Node's ws speaking perseid.bin.v1, by docs/protocol.md: system messages, varints, and waiting for
// what comes. Who extends it reads the other kinds in took().
import { WebSocket } from 'ws';
import { within } from './wait.mjs';

export class BinarySocket {
  system = []; // System messages, oldest first.
  #socket;
  #wake = [];

  static async of(t, relay) {
    const client = new this();
    const socket = new WebSocket(relay.url(), ['perseid.bin.v1'], { perMessageDeflate: false });
    client.#socket = socket;
    socket.on('message', (data) => client.#take(new Uint8Array(data)));
    socket.on('error', () => {});
    t.after(() => socket.terminate());
    await within(new Promise((resolve) => socket.once('open', resolve)), 'the binary client to open');
    return client;
  }

  send(bytes) {
    this.#socket.send(Uint8Array.from(bytes));
  }

  say(message) {
    const json = bytesOf({ type: 'system', ...message });
    this.send([4, ...varint(json.length), ...json]);
  }

  async join(room, more = {}) {
    this.say({ op: 'join', room, id: room, ...more });
    return this.until(() => this.system.find(({ id }) => id === room), `the answer to join ${room}`);
  }

  async until(found, what) {
    const wait = async () => {
      for (;;) {
        const result = found();
        if (result) return result;
        await new Promise((resolve) => {
          this.#wake.push(resolve);
        });
      }
    };
    return within(wait(), what, () => `system: ${JSON.stringify(this.system).slice(0, 1000)}`);
  }

  #take(bytes) {
    const kind = bytes[0] & 15;
    if (kind === 4) this.system.push(parsed(bytes.subarray(1)));
    this.took(kind, bytes);
    for (const wake of this.#wake.splice(0)) wake();
  }
}

// Reads numbers from `bytes`, beginning at `at`.
export class Varints {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  next() {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}

export function varint(number) {
  const out = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}

export function bytesOf(message) {
  return new TextEncoder().encode(JSON.stringify(message));
}

export function parsed(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}
