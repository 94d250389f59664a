// wss by clients that nobody here wrote: Node's ws, the openssl program, Chromium.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:https';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { chromium } from 'playwright-core';
import { WebSocket } from 'ws';
import { certificateFolder, makeCertificate } from '../support/certificates.mjs';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';
import { kDeadlineMs, within } from '../support/wait.mjs';

async function secureRelay(t, ...flags) {
  const certificate = makeCertificate(certificateFolder(t));
  return { relay: await relayFor(t, ...certificate.flags, ...flags), ...certificate };
}

test('two players of Node chat over wss, and the certificate is checked', async (t) => {
  const { relay, ca } = await secureRelay(t, '--shards', '2');
  const [ana, ben] = [await Client.of(t, relay, { ca }), await Client.of(t, relay, { ca })];
  for (const client of [ana, ben])
    assert.equal(
      (await client.request({ type: 'system', op: 'join', room: 'lobby' })).op,
      'joined',
    );
  ana.send({ type: 'chat', room: 'lobby', payload: { text: 'in private' } });
  const heard = await ben.next((message) => message.type === 'chat', 'the chat');
  assert.equal(heard.payload.text, 'in private');
  await assert.rejects(Client.connect(relay), /self.signed certificate/);
});

test('compression, fragments and large messages are as without TLS', async (t) => {
  const { relay, ca } = await secureRelay(t, '--echo');
  const socket = new WebSocket(relay.url('/echo'), { ca, perMessageDeflate: true });
  t.after(() => socket.terminate());
  await within(new Promise((done) => socket.once('open', done)), 'the upgrade');
  for (const size of [0, 1, 16_384, 1_000_000]) {
    const text = 'a '.repeat(size / 2);
    const echoed = new Promise((done) => socket.once('message', (data) => done(`${data}`)));
    socket.send(text);
    assert.equal(await within(echoed, `an echo of ${size}`), text);
  }
});

test('a session goes on over another TLS connection, on whatever shard it comes to', async (t) => {
  const { relay, ca } = await secureRelay(t, '--shards', '4', '--no-pin');
  const ana = await Client.of(t, relay, { ca });
  let { session } = ana.welcome;
  ana.terminate();
  for (let round = 0; round < 8; ++round) {
    const again = await Client.of(t, relay, { ca, hello: { session } });
    assert.equal(again.welcome.resumed, true);
    assert.equal(again.id, ana.id);
    session = again.welcome.session;
    again.terminate();
  }
});

test('https serves health, and http at that port is told so', async (t) => {
  const { relay, ca } = await secureRelay(t);
  const answer = await within(
    new Promise((done) => get({ host: '127.0.0.1', port: relay.port, path: '/healthz', ca }, done)),
    'the answer',
  );
  assert.equal(answer.statusCode, 200);
  answer.resume();
  const plain = await fetch(`http://127.0.0.1:${relay.port}/healthz`);
  assert.equal(plain.status, 400);
  assert.match(await plain.text(), /This port speaks TLS; use https:\/\/ or wss:\/\/\./);
});

for (const version of ['-tls1_2', '-tls1_3']) {
  test(`openssl s_client ${version} upgrades and is answered`, async (t) => {
    const { relay, cert } = await secureRelay(t, '--echo');
    const client = spawn('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${relay.port}`, '-CAfile', cert],
      ...['-verify_return_error', '-verify_ip', '127.0.0.1', '-quiet', '-ign_eof', version],
    ]);
    t.after(() => client.kill());
    let said = '';
    const answer = new Promise((done) => {
      client.stdout.on('data', (data) => {
        said += data.toString('latin1');
        if (said.includes('hello')) done();
      });
    });
    client.stdin.write(
      'GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    // A text frame, masked with zeros.
    client.stdin.write(Buffer.from('818500000000' + Buffer.from('hello').toString('hex'), 'hex'));
    await within(answer, 'the echo', () => said);
    assert.match(said, /^HTTP\/1.1 101 /);
  });
}

test('openssl s_client finds old versions, h2 and renegotiation refused', async (t) => {
  const { relay } = await secureRelay(t);
  const s_client = (input, ...flags) =>
    spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${relay.port}`, ...flags], {
      encoding: 'utf8',
      input,
      timeout: kDeadlineMs,
    });
  const old = s_client('', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
  assert.match(old.stdout + old.stderr, /alert protocol version|no protocols available/);
  assert.match(s_client('', '-alpn', 'h2').stderr, /no application protocol/);
  assert.match(s_client('', '-alpn', 'http/1.1').stdout, /ALPN protocol: http\/1.1/);
  assert.match(s_client('R\n', '-tls1_2').stderr, /RENEGOTIATING/);
  const again = s_client('', '-reconnect', '-tls1_2').stdout;
  assert.equal(again.match(/^Reused, /gm)?.length, 5, again);
});

test('the demo page works in Chromium over https', async (t) => {
  const { relay } = await secureRelay(t);
  const executablePath = [process.env.PERSEID_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome']
    .filter(Boolean)
    .find((path) => existsSync(path));
  assert.ok(executablePath, 'chromium is missing: run ./setup, or name it in PERSEID_CHROMIUM');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  t.after(() => browser.close());
  const pages = [];
  for (let i = 0; i < 2; ++i) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(kDeadlineMs);
    const page = await context.newPage();
    const sockets = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`https://127.0.0.1:${relay.port}/`);
    await page.waitForFunction(() => window.perseid?.room?.entities?.size > 0);
    assert.ok(sockets.every((url) => url.startsWith('wss://')) && sockets.length > 0);
    pages.push(page);
  }
  await pages[0].getByLabel('Message', { exact: true }).fill('over wss');
  await pages[0].keyboard.press('Enter');
  await pages[1].getByText('over wss').waitFor();
});

test('who ends the link without a goodbye is gone, and others are not', async (t) => {
  const { relay, ca } = await secureRelay(t);
  const ana = await Client.of(t, relay, { ca });
  const raw = connect({ host: '127.0.0.1', port: relay.port, ca });
  await within(new Promise((done) => raw.once('secureConnect', done)), 'the handshake');
  raw.destroy();
  assert.equal((await ana.request({ type: 'system', op: 'ping' })).op, 'pong');
});
