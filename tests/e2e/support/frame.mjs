// Frames of RFC 6455 written and read by hand, so that wrong ones can be sent and nothing wrong is overlooked.

export const kOpcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const kMaskKey = [0x37, 0xfa, 0x21, 0x3d]; // The example of RFC 6455 section 5.7.

// One client frame. options: fin, rsv (0..7), masked, announce (a length other than the true one),
// lengthBytes (0, 2 or 8: more than the length needs).
export function frame(
  opcode,
  payload = '',
  { fin = true, rsv = 0, masked = true, announce, lengthBytes } = {},
) {
  const body = Buffer.from(payload);
  const header = frameHeader(opcode, announce ?? body.length, { fin, rsv, masked, lengthBytes });
  return Buffer.concat([header, masked ? maskedCopy(body) : body]);
}

export function closeFrame(code, reason = '') {
  return frame(kOpcode.close, closePayload(code, reason));
}

// code undefined: an empty payload.
export function closePayload(code, reason = '') {
  if (code === undefined) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

// One message as frames of at most `size` payload bytes; rsv stands on the first only.
export function fragments(opcode, payload, size, { rsv = 0 } = {}) {
  const body = Buffer.from(payload);
  const frames = [];
  for (let at = 0; at === 0 || at < body.length; at += size) {
    const first = at === 0;
    const fin = at + size >= body.length;
    frames.push(
      frame(first ? opcode : kOpcode.continuation, body.subarray(at, at + size), {
        fin,
        rsv: first ? rsv : 0,
      }),
    );
  }
  return frames;
}

function frameHeader(opcode, length, { fin, rsv, masked, lengthBytes }) {
  const bytes = lengthBytes ?? (length < 126 ? 0 : length < 65536 ? 2 : 8);
  const header = Buffer.alloc(2 + bytes + (masked ? 4 : 0));
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (masked ? 0x80 : 0) | (bytes === 0 ? length : bytes === 2 ? 126 : 127);
  if (bytes === 2) header.writeUInt16BE(Number(length), 2);
  if (bytes === 8) header.writeBigUInt64BE(BigInt(length), 2);
  if (masked) header.set(kMaskKey, 2 + bytes);
  return header;
}

function maskedCopy(body) {
  // A copy in memory of its own starts at a multiple of four, so that whole words can be masked.
  const padded = new Uint8Array((body.length + 3) & ~3);
  padded.set(body);
  const words = new Uint32Array(padded.buffer);
  const key = new Uint32Array(new Uint8Array(kMaskKey).buffer)[0];
  for (let i = 0; i < words.length; i += 1) words[i] ^= key;
  return Buffer.from(padded.buffer, 0, body.length);
}

// Reads a relay's bytes into frames; throws at whatever a server may not send.
export class FrameReader {
  #chunks = [];
  #bytes = 0;
  #needed = 2;

  push(chunk) {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  // The next whole frame { fin, rsv, opcode, payload }, or null. Chunks are joined only when a frame is complete.
  next() {
    if (this.#bytes < this.#needed) return null;
    const head = this.#peek(14);
    const code = head[1] & 0x7f;
    const lengthBytes = code === 126 ? 2 : code === 127 ? 8 : 0;
    if (this.#bytes < 2 + lengthBytes) return this.#need(2 + lengthBytes);
    const length = readLength(head, code);
    const total = 2 + lengthBytes + length;
    if (this.#bytes < total) return this.#need(total);
    this.#needed = 2;
    const payload = this.#take(total).subarray(2 + lengthBytes);
    return checked({
      fin: head[0] >= 0x80,
      rsv: (head[0] >> 4) & 7,
      opcode: head[0] & 15,
      masked: head[1] >= 0x80,
      payload,
    });
  }

  #need(bytes) {
    this.#needed = bytes;
    return null;
  }

  #peek(bytes) {
    if (this.#chunks[0].length < bytes && this.#chunks.length > 1)
      this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #take(bytes) {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    this.#chunks = all.length > bytes ? [all.subarray(bytes)] : [];
    this.#bytes -= bytes;
    return all.subarray(0, bytes);
  }
}

function readLength(head, code) {
  if (code < 126) return code;
  const length = code === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  if (length < (code === 126 ? 126 : 65536))
    throw new Error(`a length of ${length} in more bytes than it needs`);
  return length;
}

function checked(frame) {
  if (frame.masked) throw new Error('a server frame is masked');
  if (frame.rsv & 3) throw new Error(`reserved bits are set: ${frame.rsv}`);
  const control = frame.opcode >= 8;
  if (control && (!frame.fin || frame.payload.length > 125))
    throw new Error('a control frame is fragmented or too long');
  if (frame.opcode > 10 || (frame.opcode > 2 && !control))
    throw new Error(`opcode ${frame.opcode} is reserved`);
  return frame;
}
