// BinaryClient: a client in the binary flavour, and what it sees of state by the decoder of sdk/js.
import { codedUpdate, Schema, StateDecoder } from '../../../sdk/js/dist/esm/state/index.js';
import { BinarySocket, Varints, varint } from './binary_socket.mjs';

export class BinaryClient extends BinarySocket {
  decoded = []; // What became of each state frame: { read: 'ok', 'differs', …, whole }.
  rooms = new Map(); // By number: { schema, cells: Map of decoder by 'x,y' }.
  forge; // (frame) => frame, for the next state frame that is no keyframe.

  // A coded update, in a schema's room.
  put(number, update) {
    const coded = codedUpdate(this.rooms.get(number).schema, update);
    this.send([5, ...varint(number), ...varint(coded.length), ...coded]);
  }

  // What is seen of the room, or of one of its cells ('x,y').
  entities(number, cell = '') {
    const decoder = this.rooms.get(number)?.cells.get(cell);
    return decoder === undefined ? {} : decoder.state;
  }

  took(kind, bytes) {
    if (kind === 4) this.#heard(this.system.at(-1));
    if (kind === 5) this.#state(bytes);
  }

  #heard(message) {
    if (message.op !== 'joined' || !message.state) return;
    const schema = new Schema(message.state.schema);
    this.rooms.set(message.room_number, { schema, cells: new Map() });
  }

  #state(bytes) {
    const numbers = new Varints(bytes, 1);
    const room = this.rooms.get(numbers.next());
    numbers.next(); // tick
    let cell = '';
    if (bytes[0] & 0x20) {
      cell = `${unzigzag(numbers.next())},${unzigzag(numbers.next())}`;
      numbers.next(); // level
    }
    if (!room.cells.has(cell)) room.cells.set(cell, new StateDecoder(room.schema));
    let frame = bytes.subarray(numbers.at);
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
