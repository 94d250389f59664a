// Violations of RFC 6455 on /ws get the RFC's close codes, after the answers to what was good; others in the room notice nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { closeFrame, frame, kOpcode } from '../support/frame.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start('--max-message-bytes', '4096');
});
after(() => relay.stop());

const text = (payload, options) => frame(kOpcode.text, payload, options);
const kPing = '{"type":"system","op":"ping","id":1}';
const kInvalid = Buffer.from('7b22ff227d', 'hex');

// name, bytes, close code
const kRows = [
  ['an unmasked frame', text(kPing, { masked: false }), 1002],
  ['a reserved bit', text(kPing, { rsv: 1 }), 1002],
  ['RSV1 without compression', text(kPing, { rsv: 4 }), 1002],
  ['a reserved opcode', frame(3, 'x'), 1002],
  ['a reserved control opcode', frame(11, 'x'), 1002],
  ['a length in more bytes than it needs (16 bits)', text(kPing, { lengthBytes: 2 }), 1002],
  ['a length in more bytes than it needs (64 bits)', text(kPing, { lengthBytes: 8 }), 1002],
  ['a length of 2^63', text('', { announce: 1n << 63n, lengthBytes: 8 }), 1002],
  ['a length of 2^64-1', text('', { announce: (1n << 64n) - 1n, lengthBytes: 8 }), 1002],
  ['a length of 2^63-1', text('', { announce: (1n << 63n) - 1n, lengthBytes: 8 }), 1009],
  ['a length of 2^32', text('', { announce: 1n << 32n, lengthBytes: 8 }), 1009],
  ['a message one byte too long', text('x'.repeat(4097)), 1009],
  [
    'fragments that are too long together',
    Buffer.concat([text('x'.repeat(4000), { fin: false }), frame(0, 'x'.repeat(97))]),
    1009,
  ],
  ['a fragmented ping', frame(kOpcode.ping, 'x', { fin: false }), 1002],
  ['a ping of 126 bytes', frame(kOpcode.ping, 'x'.repeat(126)), 1002],
  ['a continuation of nothing', frame(0, 'x'), 1002],
  ['a message inside a message', Buffer.concat([text('x', { fin: false }), text('y')]), 1002],
  ['text that is not UTF-8', text(kInvalid), 1007],
  ['text cut inside a letter', text(Buffer.from('7be2', 'hex')), 1007],
  ['a binary message on the JSON subprotocol', frame(kOpcode.binary, kPing), 1003],
  ['a close frame of one byte', frame(kOpcode.close, 'x'), 1002],
  ['a close code that may not be sent', closeFrame(1006), 1002],
  ['a close reason that is not UTF-8', closeFrame(1000, kInvalid), 1007],
];

for (const [name, bytes, code] of kRows) {
  test(`${name}: ${code}`, async (t) => {
    const peer = await RawPeer.open(relay, { path: '/ws' });
    t.after(() => peer.destroy());
    await peer.write(Buffer.concat([text(kPing), bytes]));
    const close = await peer.closed();
    assert.equal(close?.code, code);
    assert.equal(
      JSON.parse(peer.events[0].payload).op,
      'pong',
      'the good frame of the same read was answered first',
    );
    await peer.endedByRelay();
    assert.equal(peer.reset, undefined);
  });
}

test('a message of exactly the limit passes', async (t) => {
  const client = await Client.of(t, relay);
  const message = JSON.stringify({ type: 'system', op: 'ping', id: 5, pad: '' });
  client.sendText(message.replace('"pad":""', `"pad":"${'x'.repeat(4096 - message.length)}"`));
  assert.equal((await client.nextOp('pong')).id, 5);
});

test('bytes one at a time are understood like bytes in one read', async (t) => {
  const peer = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => peer.destroy());
  await peer.write(Buffer.concat([text(kPing), frame(kOpcode.ping, 'x'), closeFrame(1000)]), {
    chop: 1,
  });
  assert.equal((await peer.closed()).code, 1000);
  assert.deepEqual(
    peer.events.map(({ kind }) => kind),
    ['message', 'pong', 'close'],
  );
});

test('a bad client disturbs nobody in its room', async (t) => {
  const [ana, ben] = await Promise.all([Client.of(t, relay), Client.of(t, relay)]);
  for (const client of [ana, ben]) await client.join('shared');
  for (const [, bytes] of kRows) {
    const peer = await RawPeer.open(relay, { path: '/ws' });
    await peer.write(
      Buffer.concat([text('{"type":"system","op":"join","room":"shared","id":1}'), bytes]),
    );
    await peer.closed();
    peer.destroy();
    await ana.chat('shared', 'still here');
    assert.equal((await ben.nextOf('chat', 'shared')).payload, 'still here');
  }
  assert.deepEqual(ben.inbox, []);
});
