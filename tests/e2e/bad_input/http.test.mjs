// Bad HTTP: each kind of bad request gets its status and a sentence that helps; the relay goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawPeer } from '../support/raw_peer.mjs';
import { Relay, relayFor } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start();
});
after(() => relay.stop());

const kUpgrade = [
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];
const head = (first, lines) => `${[first, ...lines].join('\r\n')}\r\n\r\n`;
const upgrade = (change) => head('GET /ws HTTP/1.1', change(kUpgrade));
const without = (name) => (lines) => lines.filter((line) => !line.startsWith(name));
const plus =
  (...more) =>
  (lines) => [...lines, ...more];

const kRows = [
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['TLS on the plain port', Buffer.from('16030100a5010000a10303', 'hex'), 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a bare line feed', 'GET /ws HTTP/1.1\nHost: x\n\n', 400],
  ['no Host', upgrade(without('Host')), 400],
  ['two Hosts', upgrade(plus('Host: other')), 400],
  ['a folded header', upgrade(plus('X-Long: a', ' b')), 400],
  ['a space before the colon', upgrade(plus('X-Space : a')), 400],
  [
    'a key that is too short',
    upgrade((lines) => [...without('Sec-WebSocket-Key')(lines), 'Sec-WebSocket-Key: c2hvcnQ=']),
    400,
  ],
  ['no key', upgrade(without('Sec-WebSocket-Key')), 400],
  [
    'an old version of WebSocket',
    upgrade((lines) => [...without('Sec-WebSocket-Version')(lines), 'Sec-WebSocket-Version: 8']),
    426,
  ],
  ['no upgrade at /ws', head('GET /ws HTTP/1.1', ['Host: x']), 426],
  ['a page that is not there', head('GET /nothing HTTP/1.1', ['Host: x']), 404],
  ['POST', head('POST / HTTP/1.1', ['Host: x', 'Content-Length: 0']), 405],
  ['a body', `${head('GET / HTTP/1.1', ['Host: x', 'Content-Length: 4'])}abcd`, 413],
  [
    'Content-Length and Transfer-Encoding',
    head('GET /ws HTTP/1.1', [...kUpgrade, 'Content-Length: 0', 'Transfer-Encoding: chunked']),
    [400, 413],
  ],
  [
    'a head that is too large',
    head('GET / HTTP/1.1', ['Host: x', `X-Pad: ${'x'.repeat(9000)}`]),
    431,
  ],
  ['ten thousand headers', head('GET / HTTP/1.1', ['Host: x', ...Array(10_000).fill('A: b')]), 431],
  ['another site as origin', upgrade(plus('Origin: https://evil.example')), 403],
  ['an origin that only ends like ours', upgrade(plus('Origin: https://evil-localhost')), 403],
];

for (const [name, bytes, wanted] of kRows) {
  test(`${name}: ${wanted}`, async (t) => {
    const peer = await RawPeer.connect(relay);
    t.after(() => peer.destroy());
    peer.write(bytes);
    const { status, body } = await peer.readAnswer();
    assert.ok([wanted].flat().includes(status), `${status}: ${body}`);
    assert.ok(body.length > 10, 'a sentence that helps');
  });
}

test('a head that comes too slowly: 408', async (t) => {
  const hasty = await relayFor(t, '--handshake-timeout-ms', '700');
  const peer = await RawPeer.connect(hasty);
  t.after(() => peer.destroy());
  peer.write('GET /ws HTTP/1.1\r\nHost: lo');
  assert.equal((await peer.readAnswer()).status, 408);
});

for (const origin of ['http://localhost:1234', 'http://127.0.0.1', 'null']) {
  test(`a relay on the loopback address takes the origin ${origin}`, async (t) => {
    const peer = await RawPeer.open(relay, { path: '/ws', headers: [`Origin: ${origin}`] });
    t.after(() => peer.destroy());
  });
}

test('healthz tells that the relay is well', async () => {
  const answer = await fetch(`http://${relay.host}:${relay.port}/healthz`);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).status, 'ok');
});

test('without --echo there is no /echo', async () => {
  await assert.rejects(RawPeer.open(relay), /404/);
});
