// Beyond the public suite: which offers of permessage-deflate are taken, and compressed frames that break the rules.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { fragments, frame, kOpcode } from '../support/frame.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { Relay } from '../support/relay.mjs';
import { DeflateCodec, parseAgreement } from './deflate_codec.mjs';

let relay;
before(async () => {
  relay = await Relay.start('--echo', '--echo-message-bytes-max', '1048576');
});
after(() => relay.stop());

const kName = 'permessage-deflate';
const kText = Buffer.from('meteor meteor meteor meteor meteor meteor');

// offer, and what must be agreed (null: the connection goes on uncompressed)
const kOffers = [
  [kName, {}],
  [`${kName}; client_max_window_bits`, {}],
  [`${kName}; client_max_window_bits=10`, { clientBitsMax: 10 }],
  [`${kName}; client_max_window_bits="10"`, { clientBitsMax: 10 }],
  [`${kName}; server_max_window_bits=9`, { serverBitsMax: 9 }],
  [`${kName};server_max_window_bits=8 ;  client_no_context_takeover`, { serverBitsMax: 8 }],
  [`${kName}; server_no_context_takeover`, { serverNoTakeover: true }],
  [`x-other, ${kName}; server_max_window_bits=16, ${kName}`, {}],
  [`${kName}; unknown=1, ${kName}; client_max_window_bits=12`, { clientBitsMax: 12 }],
  [`${kName}; server_max_window_bits`, null],
  [`${kName}; server_max_window_bits=7`, null],
  [`${kName}; server_max_window_bits=16`, null],
  [`${kName}; server_max_window_bits=08`, null],
  [`${kName}; server_max_window_bits=255`, null],
  [`${kName}; client_max_window_bits=`, null],
  [`${kName}; client_no_context_takeover=1`, null],
  [`${kName}; server_no_context_takeover; server_no_context_takeover`, null],
  [`${kName}; unknown`, null],
  [`${kName}; constructor`, null],
  ['constructor', null],
  ['__proto__; __proto__', null],
  ['x-webkit-deflate-frame', null],
  ['permessage-bzip2', null],
];

for (const [offer, wanted] of kOffers) {
  test(`${offer}: ${wanted ? 'taken' : 'not taken'}`, async (t) => {
    const peer = await RawPeer.open(relay, { extensions: offer });
    t.after(() => peer.destroy());
    if (wanted) await echoCompressed(t, peer, offer, wanted);
    else await echoPlain(peer);
  });
}

async function echoCompressed(t, peer, offer, { clientBitsMax, serverBitsMax, serverNoTakeover }) {
  const agreed = parseAgreement(peer.extensions, offer);
  if (clientBitsMax) assert.ok(agreed.clientBits <= clientBitsMax);
  if (serverBitsMax) assert.ok(agreed.serverBits <= serverBitsMax);
  if (serverNoTakeover) assert.ok(agreed.serverNoTakeover);
  const codec = new DeflateCodec(agreed);
  t.after(() => codec.close());
  peer.useInflate((payload) => codec.inflate(payload));
  for (let i = 0; i < 3; i += 1) {
    await peer.write(frame(kOpcode.text, await codec.deflate(kText), { rsv: 4 }));
    assert.ok((await peer.event(i)).payload.equals(kText));
  }
}

async function echoPlain(peer) {
  assert.equal(peer.extensions, '');
  await peer.write(frame(kOpcode.text, kText));
  assert.ok((await peer.event(0)).payload.equals(kText));
  await peer.write(frame(kOpcode.text, kText, { rsv: 4 }));
  assert.equal((await peer.closed()).code, 1002, 'RSV1 means nothing here');
}

const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
const nested = deflateRawSync(bomb);
const compressed = (payload) => frame(kOpcode.text, payload, { rsv: 4 });
const notUtf8 = deflateRawSync(Buffer.from('7bff7d', 'hex'));
const [first, second] = fragments(kOpcode.text, deflateRawSync(kText), 8, { rsv: 4 });

const kBroken = [
  ['RSV1 on a continuation', [first, frame(0, second, { rsv: 4 })], 1002],
  ['RSV1 on a ping', [frame(kOpcode.ping, 'x', { rsv: 4 })], 1002],
  ['what does not inflate', [compressed(Buffer.from('ffffffffff', 'hex'))], 1007],
  ['compressed text that is not UTF-8', [compressed(notUtf8)], 1007],
  ['a bomb: 64 MiB in 64 KB', [compressed(bomb)], 1009],
  ['a bomb in fragments', fragments(kOpcode.text, bomb, 1000, { rsv: 4 }), 1009],
];
for (const [name, frames, code] of kBroken) {
  test(`${name}: ${code}`, async (t) => {
    const peer = await RawPeer.open(relay, { extensions: kName });
    t.after(() => peer.destroy());
    await peer.write(Buffer.concat(frames));
    assert.equal((await peer.closed()).code, code);
    await peer.endedByRelay();
    assert.equal(peer.reset, undefined);
  });
}

test('a bomb inside a bomb is only a small message', async (t) => {
  const peer = await RawPeer.open(relay, { extensions: kName });
  t.after(() => peer.destroy());
  const codec = new DeflateCodec(parseAgreement(peer.extensions, kName));
  t.after(() => codec.close());
  peer.useInflate((payload) => codec.inflate(payload));
  await peer.write(frame(kOpcode.binary, nested, { rsv: 4 }));
  assert.ok((await peer.event(0)).payload.equals(bomb));
});

// Final blocks, stored blocks and empty ones are legal in a message (RFC 7692 sections 7.2.3.3 to 7.2.3.6).
const kLegal = [
  ['a final block', deflateRawSync(kText), kText],
  [
    'a stored block',
    Buffer.concat([
      Buffer.from([0x00, kText.length, 0, ~kText.length & 0xff, 0xff]),
      kText,
      Buffer.from([0]),
    ]),
    kText,
  ],
  ['only an empty block', Buffer.from([0x00]), Buffer.alloc(0)],
];
for (const [name, payload, wanted] of kLegal) {
  test(`${name} is legal`, async (t) => {
    const offer = `${kName}; client_no_context_takeover; server_no_context_takeover`;
    const peer = await RawPeer.open(relay, { extensions: offer });
    t.after(() => peer.destroy());
    const codec = new DeflateCodec(parseAgreement(peer.extensions, offer));
    t.after(() => codec.close());
    peer.useInflate((each) => codec.inflate(each));
    for (let i = 0; i < 2; i += 1) {
      await peer.write(compressed(payload));
      assert.ok((await peer.event(i))?.payload?.equals(wanted), JSON.stringify(peer.events));
    }
  });
}
