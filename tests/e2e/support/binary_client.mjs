// BinaryClient: Node's ws speaking perseid.bin.v1, and what it sees of state by docs/state-coding.md alone.
import { WebSocket } from 'ws';
import { codedUpdate } from './coded_update.mjs';
import { StateDecoder } from './state_decoder.mjs';
import { Schema } from './state_schema.mjs';
import { within } from './wait.mjs';

export class BinaryClient {
  decoded = []; // What became of each state frame: { read: 'ok', 'differs', …, whole }.
  system = []; // System messages, oldest first.
  rooms = new Map(); // By number: { schema, cells: Map of decoder by 'x,y' }.
  forge; // (frame) => frame, for the next state frame that is no keyframe.
  #socket;
  #wake = [];

  static async of(t, relay) {
    const client = new BinaryClient();
    const socket = new WebSocket(relay.url(), ['perseid.bin.v1'], { perMessageDeflate: false });
    client.#socket = socket;
    socket.on('message', (data) => client.#take(new Uint8Array(data)));
    socket.on('error', () => {});
    t.after(() => socket.terminate());
    await within(new Promise((resolve) => socket.once('open', resolve)), 'the binary client to open');
    return client;
  }

  say(message) {
    const json = new TextEncoder().encode(JSON.stringify({ type: 'system', ...message }));
    this.#socket.send(Uint8Array.from([4, ...varint(json.length), ...json]));
  }

  async join(room, more = {}) {
    this.say({ op: 'join', room, id: room, ...more });
    const joined = await this.until(
      () => this.system.find(({ id }) => id === room),
      `the answer to join ${room}`,
    );
    return joined;
  }

  // A coded update, in a schema's room.
  put(number, update) {
    const coded = codedUpdate(this.rooms.get(number).schema, update);
    this.#socket.send(Uint8Array.from([5, ...varint(number), ...varint(coded.length), ...coded]));
  }

  // What is seen of the room, or of one of its cells ('x,y').
  entities(number, cell = '') {
    const decoder = this.rooms.get(number)?.cells.get(cell);
    return decoder === undefined ? {} : decoder.table.state;
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
    if (kind === 4) this.#heard(JSON.parse(new TextDecoder().decode(bytes.subarray(1))));
    if (kind === 5) this.#state(bytes);
    for (const wake of this.#wake.splice(0)) wake();
  }

  #heard(message) {
    this.system.push(message);
    if (message.op !== 'joined' || !message.state) return;
    const schema = new Schema(message.state.schema);
    this.rooms.set(message.room_number, { schema, cells: new Map() });
  }

  #state(bytes) {
    let at = 1;
    const number = () => {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[at++];
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    };
    const room = this.rooms.get(number());
    number(); // tick
    let cell = '';
    if (bytes[0] & 0x20) {
      cell = `${unzigzag(number())},${unzigzag(number())}`;
      number(); // level
    }
    if (!room.cells.has(cell)) room.cells.set(cell, new StateDecoder(room.schema));
    let frame = bytes.subarray(at);
    if (this.forge && !(frame[0] & 1)) {
      frame = this.forge(Uint8Array.from(frame));
      this.forge = undefined;
    }
    this.decoded.push({ read: room.cells.get(cell).decode(frame), whole: (frame[0] & 1) !== 0 });
  }
}

function unzigzag(number) {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}

function varint(number) {
  const out = [];
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}
