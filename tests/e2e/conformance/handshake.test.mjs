// The opening handshake in the words of the Autobahn fuzzing client, and what that client asks of the answer: one it does not
// like fails every case.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { FrameReader, closeFrame, closePayload, frame, kOpcode } from '../support/frame.mjs';
import { Relay } from '../support/relay.mjs';
import { within } from '../support/wait.mjs';

let relay;
before(async () => {
  relay = await Relay.start('--echo');
});
after(() => relay.stop());

const kGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const kHeadEnd = '\r\n\r\n';
const kDeflate = 'permessage-deflate; client_no_context_takeover; client_max_window_bits';

// Its order, its capitals, a port in Host, no Origin.
function request(key, offer) {
  return [
    'GET /echo HTTP/1.1',
    'User-Agent: AutobahnTestSuite/25.10.1-0.10.9',
    `Host: ${relay.host}:${relay.port}`,
    'Upgrade: WebSocket',
    'Connection: Upgrade',
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    `Sec-WebSocket-Key: ${key}`,
    ...(offer ? [`Sec-WebSocket-Extensions: ${offer}`] : []),
    'Sec-WebSocket-Version: 13',
  ].join('\r\n');
}

function parse(head) {
  const [status, ...lines] = head.split('\r\n');
  const fields = lines.map((line) => /^([^:]+): *(.*)$/.exec(line).slice(1));
  const names = fields.map(([name]) => name.toLowerCase());
  assert.equal(new Set(names).size, names.length, `a header stands there twice: ${names}`);
  return { status, headers: Object.fromEntries(names.map((name, i) => [name, fields[i][1]])) };
}

// Upgrades, sends "hello" and a close frame, and reads to the end: { head, frames }.
async function talk(key, offer) {
  const socket = connect({ host: relay.host, port: relay.port, noDelay: true });
  await once(socket, 'connect');
  socket.write(request(key, offer) + kHeadEnd);
  let bytes = Buffer.alloc(0);
  let end = -1;
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    if (end >= 0) continue;
    end = bytes.indexOf(kHeadEnd);
    if (end < 0) continue;
    assert.equal(bytes.length, end + kHeadEnd.length, 'something came that was not asked for');
    socket.write(Buffer.concat([frame(kOpcode.text, 'hello'), closeFrame(1000)]));
  }
  const reader = new FrameReader();
  reader.push(bytes.subarray(end + kHeadEnd.length));
  const frames = [];
  for (let each = reader.next(); each; each = reader.next()) frames.push(each);
  return { head: bytes.subarray(0, end).toString('latin1'), frames };
}

for (const offer of [undefined, kDeflate, `${kDeflate}; server_max_window_bits=8, ${kDeflate}`]) {
  test(`an offer of ${offer ?? 'nothing'}`, async () => {
    const key = randomBytes(16).toString('base64');
    const { head, frames } = await within(talk(key, offer), 'the end of the connection');
    const { status, headers } = parse(head);
    assert.match(status, /^HTTP\/1\.1 101 \S/);
    assert.equal(headers.upgrade.toLowerCase(), 'websocket');
    assert.match(headers.connection, /^upgrade$/i);
    assert.equal(
      headers['sec-websocket-accept'],
      createHash('sha1')
        .update(key + kGuid)
        .digest('base64'),
    );
    assert.equal(headers['sec-websocket-protocol'], undefined);
    if (offer) assert.match(headers['sec-websocket-extensions'], /^permessage-deflate(;[^,]+)?$/);
    else assert.equal(headers['sec-websocket-extensions'], undefined);
    assert.deepEqual(
      frames.map(({ opcode }) => opcode),
      [kOpcode.text, kOpcode.close],
    );
    assert.ok(frames[1].payload.equals(closePayload(1000)));
  });
}
