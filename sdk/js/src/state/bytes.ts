// Bytes: a growing message, and reading one, by the building blocks of docs/protocol.md.

const kEncoder = new TextEncoder();
const kDecoder = new TextDecoder();

export class Bytes {
  #bytes = new Uint8Array(64);
  #size = 0;

  get taken(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#size);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#size++] = value;
  }

  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) + 128);
    this.byte(rest);
  }

  string(text: string): void {
    this.sized(kEncoder.encode(text));
  }

  /** With its length before it. */
  sized(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  #room(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class Reading {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** So many bytes, little-endian. */
  number(bytes: number): number {
    let value = 0;
    for (let i = 0, factor = 1; i < bytes; ++i, factor *= 256) value += this.byte() * factor;
    return value;
  }

  take(bytes: number): Uint8Array {
    return this.bytes.subarray(this.at, (this.at += bytes));
  }

  get rest(): Uint8Array {
    return this.bytes.subarray(this.at);
  }
}

export const textOf = (bytes: Uint8Array): string => kDecoder.decode(bytes);
