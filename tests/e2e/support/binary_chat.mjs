// BinaryChat: a client in the binary flavour, chat alone, by docs/protocol.md.
import { BinarySocket, Varints, bytesOf, parsed, varint } from './binary_socket.mjs';

const kMarked = 0x20;
const kToNumber = 0x01;
const kToName = 0x31;

export class BinaryChat extends BinarySocket {
  #inbox = []; // Chat deliveries, oldest first.

  chat(number, payload) {
    const json = bytesOf(payload);
    this.send([kToNumber, ...varint(number), ...varint(json.length), ...json]);
  }

  toName(name, payload) {
    const to = new TextEncoder().encode(name);
    const json = bytesOf(payload);
    this.send([kToName, ...varint(to.length), ...to, ...varint(json.length), ...json]);
  }

  // The next chat delivery to the room: { seq, marks, payload }.
  next() {
    return this.until(() => this.#inbox.shift(), 'a binary chat message');
  }

  took(kind, bytes) {
    if (kind === 1) this.#inbox.push(delivery(bytes));
  }
}

function delivery(bytes) {
  const numbers = new Varints(bytes, 1);
  const out = { room: numbers.next(), seq: numbers.next() };
  numbers.at += 8 + 6; // sender, timestamp
  if (bytes[0] & kMarked) {
    const size = numbers.next();
    out.marks = parsed(bytes.subarray(numbers.at, numbers.at + size));
    numbers.at += size;
  }
  return { ...out, payload: parsed(bytes.subarray(numbers.at)) };
}
