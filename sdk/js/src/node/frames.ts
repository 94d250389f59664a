// WebSocket frames (RFC 6455) as a client reads and writes them. Pure: no socket.

export const kText = 1;
export const kBinary = 2;
export const kClose = 8;
export const kPing = 9;
export const kPong = 10;

/** A whole message, or a control frame. */
export interface Frame {
  opcode: number;
  payload: Buffer;
}

export class Frames {
  #bytes: Buffer = Buffer.alloc(0);
  #opcode = 0;
  #parts: Buffer[] = [];

  push(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
  }

  next(): Frame | undefined {
    for (;;) {
      const frame = this.#one();
      if (!frame) return undefined;
      if (frame.opcode >= kClose) return frame;
      if (frame.opcode !== 0) this.#opcode = frame.opcode;
      this.#parts.push(frame.payload);
      if (!frame.final) continue;
      const payload = this.#parts.length === 1 ? frame.payload : Buffer.concat(this.#parts);
      this.#parts = [];
      return { opcode: this.#opcode, payload };
    }
  }

  #one(): (Frame & { final: boolean }) | undefined {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    let size = bytes[1]! & 127;
    let head = 2;
    if (size === 126) {
      if (bytes.length < 4) return undefined;
      size = bytes.readUInt16BE(2);
      head = 4;
    } else if (size === 127) {
      if (bytes.length < 10) return undefined;
      size = Number(bytes.readBigUInt64BE(2));
      head = 10;
    }
    if (bytes.length < head + size) return undefined;
    this.#bytes = bytes.subarray(head + size);
    const payload = bytes.subarray(head, head + size);
    return { final: (bytes[0]! & 128) !== 0, opcode: bytes[0]! & 15, payload };
  }
}

/** One masked frame. */
export function frameOf(opcode: number, payload: Uint8Array, mask: Uint8Array): Buffer {
  const size = payload.length;
  const head = size < 126 ? 2 : size < 65536 ? 4 : 10;
  const out = Buffer.allocUnsafe(head + 4 + size);
  out[0] = 128 | opcode;
  out[1] = 128 | (head === 2 ? size : head === 4 ? 126 : 127);
  if (head === 4) out.writeUInt16BE(size, 2);
  if (head === 10) out.writeBigUInt64BE(BigInt(size), 2);
  out.set(mask, head);
  for (let i = 0; i < size; ++i) out[head + 4 + i] = payload[i]! ^ mask[i & 3]!;
  return out;
}
