// The client's side of permessage-deflate (RFC 7692) over Node's zlib: one stream each way, or a fresh one per message.
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';

const kTail = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const kZlibDeflateBitsMin = 9; // zlib has no raw deflate of 8 bits.

// What was agreed, from the relay's answer; throws if it is not an answer that RFC 7692 allows to the offer.
export function parseAgreement(answer, offer) {
  const [name, ...parameters] = answer.split(';').map((part) => part.trim());
  if (name !== 'permessage-deflate')
    throw new Error(`the relay agreed to ${JSON.stringify(answer)}`);
  const agreed = {
    serverNoTakeover: false,
    clientNoTakeover: false,
    serverBits: 15,
    clientBits: 15,
  };
  const seen = new Set();
  for (const parameter of parameters) {
    const [key, value] = parameter.split('=').map((part) => part.trim());
    if (seen.has(key)) throw new Error(`${key} stands there twice`);
    if (key === 'client_max_window_bits' && !offer.includes(key))
      throw new Error(`${key} was not offered`);
    seen.add(key);
    if (key === 'server_no_context_takeover' && value === undefined) agreed.serverNoTakeover = true;
    else if (key === 'client_no_context_takeover' && value === undefined)
      agreed.clientNoTakeover = true;
    else if (key === 'server_max_window_bits') agreed.serverBits = bitsOf(key, value);
    else if (key === 'client_max_window_bits') agreed.clientBits = bitsOf(key, value);
    else throw new Error(`unknown parameter ${parameter}`);
  }
  return agreed;
}

export class DeflateCodec {
  #agreed;
  #deflate = null;
  #inflate = null;

  constructor(agreed) {
    this.#agreed = agreed;
  }

  async deflate(payload) {
    const bits = Math.max(kZlibDeflateBitsMin, this.#agreed.clientBits);
    this.#deflate ??= createDeflateRaw({ windowBits: bits, flush: constants.Z_SYNC_FLUSH });
    const out = await through(this.#deflate, payload);
    if (this.#agreed.clientNoTakeover) this.#deflate = closed(this.#deflate);
    const end = out.length - kTail.length;
    if (!out.subarray(end).equals(kTail)) throw new Error('zlib did not end with an empty block');
    return end === 0 ? Buffer.from([0]) : out.subarray(0, end);
  }

  // Inflates with the window that was agreed, so a reference beyond it is an error. zlib also looks back in what it wrote in
  // the same call, so no call writes more than one window.
  async inflate(payload) {
    this.#inflate ??= createInflateRaw({
      windowBits: this.#agreed.serverBits,
      chunkSize: 2 ** this.#agreed.serverBits,
      flush: constants.Z_SYNC_FLUSH,
    });
    const out = await through(this.#inflate, Buffer.concat([payload, kTail]));
    if (this.#agreed.serverNoTakeover) this.#inflate = closed(this.#inflate);
    return out;
  }

  close() {
    this.#deflate?.close();
    this.#inflate?.close();
  }
}

function bitsOf(key, value) {
  if (!/^([89]|1[0-5])$/.test(value ?? '')) throw new Error(`${key}=${value}`);
  return Number(value);
}

function closed(stream) {
  stream.close();
  return null;
}

// All that comes out of a zlib stream for what goes in.
function through(stream, bytes) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const take = (chunk) => chunks.push(chunk);
    const finish = (settle, value) => {
      stream.off('data', take).off('error', fail);
      settle(value);
    };
    const fail = (error) => finish(reject, error);
    stream.on('data', take).on('error', fail);
    stream.write(bytes);
    stream.flush(constants.Z_SYNC_FLUSH, () => finish(resolve, Buffer.concat(chunks)));
  });
}
