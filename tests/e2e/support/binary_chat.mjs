// BinaryChat: Node's ws speaking perseid.bin.v1, chat alone, by docs/protocol.md.
import { WebSocket } from 'ws';
import { within } from './wait.mjs';

const kMarked = 0x20;
const kToNumber = 0x01;
const kToName = 0x31;

export class BinaryChat {
  #socket;
  #inbox = []; // Chat deliveries, oldest first.
  #system = [];
  #wake = [];

  static async of(t, relay) {
    const client = new BinaryChat();
    const socket = new WebSocket(relay.url(), ['perseid.bin.v1'], { perMessageDeflate: false });
    client.#socket = socket;
    socket.on('message', (data) => client.#take(new Uint8Array(data)));
    socket.on('error', () => {});
    t.after(() => socket.terminate());
    await within(new Promise((resolve) => socket.once('open', resolve)), 'the binary client to open');
    return client;
  }

  async join(room, more = {}) {
    const json = bytesOf({ type: 'system', op: 'join', room, id: room, ...more });
    this.#socket.send(Uint8Array.from([4, ...varint(json.length), ...json]));
    return this.#until(() => this.#system.find(({ id }) => id === room), `to join ${room}`);
  }

  chat(number, payload) {
    const json = bytesOf(payload);
    const bytes = [kToNumber, ...varint(number), ...varint(json.length), ...json];
    this.#socket.send(Uint8Array.from(bytes));
  }

  toName(name, payload) {
    const to = new TextEncoder().encode(name);
    const json = bytesOf(payload);
    const bytes = [kToName, ...varint(to.length), ...to, ...varint(json.length), ...json];
    this.#socket.send(Uint8Array.from(bytes));
  }

  // The next chat delivery to the room: { seq, marks, payload }.
  next() {
    return this.#until(() => this.#inbox.shift(), 'a binary chat message');
  }

  async #until(found, what) {
    const wait = async () => {
      for (;;) {
        const result = found();
        if (result) return result;
        await new Promise((resolve) => {
          this.#wake.push(resolve);
        });
      }
    };
    return within(wait(), what, () => JSON.stringify(this.#system).slice(0, 1000));
  }

  #take(bytes) {
    const kind = bytes[0] & 15;
    if (kind === 4) this.#system.push(parsed(bytes.subarray(1)));
    if (kind === 1) this.#inbox.push(delivery(bytes));
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function delivery(bytes) {
  let at = 1;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const out = { room: number(), seq: number() };
  at += 8 + 6; // sender, timestamp
  if (bytes[0] & kMarked) {
    const size = number();
    out.marks = parsed(bytes.subarray(at, at + size));
    at += size;
  }
  return { ...out, payload: parsed(bytes.subarray(at)) };
}

function bytesOf(message) {
  return new TextEncoder().encode(JSON.stringify(message));
}

function parsed(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function varint(number) {
  const out = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}
