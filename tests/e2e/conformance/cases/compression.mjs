// Sections 12 and 13: permessage-deflate; five kinds of data, seven sets of parameters, messages up to 128 KiB, whole and in
// fragments. The fuzzing client sends a thousand messages in each of these 216 cases; here each sends what is needed to fill and
// leave the window several times (kBytesPerCase), since the rest is volume only. MESSAGES=1000 sends them all.
import assert from 'node:assert/strict';
import { kOpcode } from '../../support/frame.mjs';
import { clean, inFragments } from '../case.mjs';
import { DeflateCodec, parseAgreement } from '../deflate_codec.mjs';
import { dataSets } from './test_data.mjs';

const kMessagesMin = 4;
const kMessagesMax = 200;
const kBytesPerCase = 192 * 1024;
const kMessagesAsked = Number(process.env.MESSAGES ?? 0);
const kUnfragmented = [16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072].map((size) => ({
  size,
  fragment: Infinity,
}));
const kFragmented = [
  [8192, 256],
  [16384, 256],
  [32768, 256],
  [65536, 256],
  [131072, 256],
  [131072, 1024],
  [131072, 4096],
  [131072, 32768],
].map(([size, fragment]) => ({ size, fragment }));
const kShapes = [...kUnfragmented, ...kFragmented];

// Offers as the fuzzing client words them; `bits` and `noTakeover` are what the relay must then keep to.
const kOpen = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';
const kOffers = [
  { offer: kOpen },
  { offer: `${kOpen}; server_no_context_takeover`, noTakeover: true },
  { offer: `${kOpen}; server_max_window_bits=8`, bits: 8 },
  { offer: `${kOpen}; server_max_window_bits=15`, bits: 15 },
  {
    offer: `${kOpen}; server_no_context_takeover; server_max_window_bits=8`,
    bits: 8,
    noTakeover: true,
  },
  {
    offer: `${kOpen}; server_no_context_takeover; server_max_window_bits=15`,
    bits: 15,
    noTakeover: true,
  },
  {
    offer: `${kOpen}; server_no_context_takeover; server_max_window_bits=8, ${kOpen}; server_no_context_takeover, ${kOpen}`,
    bits: 8,
    noTakeover: true,
  },
];

function messageCount(size) {
  if (kMessagesAsked > 0) return kMessagesAsked;
  return Math.max(kMessagesMin, Math.min(kMessagesMax, Math.ceil(kBytesPerCase / size)));
}

// The next `size` characters or bytes, from the start again at the end.
function* slices({ length, cut }, size) {
  for (let at = 0; ; at = (at + size) % length) {
    const missing = at + size - length;
    yield missing > 0 ? Buffer.concat([cut(at, length), cut(0, missing)]) : cut(at, at + size);
  }
}

async function exchange(peer, codec, dataSet, { size, fragment }) {
  const { binary } = dataSet;
  const source = slices(dataSet, size);
  for (let i = 0; i < messageCount(size); i += 1) {
    const payload = source.next().value;
    const deflated = await codec.deflate(payload);
    const opcode = binary ? kOpcode.binary : kOpcode.text;
    await peer.write(Buffer.concat(inFragments(opcode, deflated, fragment, 4)));
    const event = await peer.event(i);
    assert.equal(event?.kind, 'message');
    assert.equal(event.binary, binary);
    assert.ok(event.payload.equals(payload), `message ${i} came back changed`);
  }
}

function compressed(id, dataSet, shape, { offer, bits, noTakeover }) {
  return {
    id,
    extensions: offer,
    close: clean,
    run: async (peer) => {
      const agreed = parseAgreement(peer.extensions, offer);
      if (bits) assert.ok(agreed.serverBits <= bits, 'server_max_window_bits was not kept to');
      if (noTakeover)
        assert.ok(agreed.serverNoTakeover, 'server_no_context_takeover was not agreed to');
      const codec = new DeflateCodec(agreed);
      peer.useInflate((payload) => codec.inflate(payload));
      try {
        await exchange(peer, codec, dataSet, shape);
        assert.ok(peer.compressedMessages > 0, 'nothing came back compressed');
      } finally {
        codec.close();
      }
    },
  };
}

const json = dataSets[0];
const kAnyOffer = { offer: kOpen };

export const cases = [
  ...dataSets.flatMap((dataSet, i) =>
    kShapes.map((shape, j) => compressed(`12.${i + 1}.${j + 1}`, dataSet, shape, kAnyOffer)),
  ),
  ...kOffers.flatMap((offer, i) =>
    kShapes.map((shape, j) => compressed(`13.${i + 1}.${j + 1}`, json, shape, offer)),
  ),
];
