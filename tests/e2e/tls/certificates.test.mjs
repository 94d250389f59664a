// The relay's own side: new certificates on SIGHUP and by themselves, starts that cannot be, the second port.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { certificateFolder, makeCertificate } from '../support/certificates.mjs';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';
import { within } from '../support/wait.mjs';

async function shownHost(relay) {
  const socket = connect({ host: '127.0.0.1', port: relay.port, rejectUnauthorized: false });
  await within(new Promise((done) => socket.once('secureConnect', done)), 'the handshake');
  const host = socket.getPeerCertificate().subject.CN;
  socket.destroy();
  return host;
}

test('SIGHUP takes a new certificate, refuses a bad one in words, and drops nobody', async (t) => {
  const folder = certificateFolder(t);
  const { flags, ca, cert } = makeCertificate(folder, { host: 'old.example' });
  const relay = await relayFor(t, ...flags, '--tls-reload-s', '0');
  const ana = await Client.of(t, relay, { ca });
  writeFileSync(cert, 'half of it');
  relay.signal('SIGHUP');
  await relay.says('The certificates in use stay.');
  assert.match(relay.stderr, /warn +error_occurred .*tls_failed.*no certificate in PEM form/);
  assert.equal(await shownHost(relay), 'old.example');
  makeCertificate(folder, { host: 'new.example' });
  relay.signal('SIGHUP');
  await relay.says('New connections get the certificates as they are now.');
  assert.equal(await shownHost(relay), 'new.example');
  assert.equal((await ana.request({ type: 'system', op: 'ping' })).op, 'pong');
});

test('a start without a good certificate says what to do', (t) => {
  const folder = certificateFolder(t);
  const one = makeCertificate(folder, { name: 'one' });
  const two = makeCertificate(folder, { name: 'two' });
  const { status, stderr } = spawnSync(
    process.env.PERSEID_BINARY,
    ['--port', '0', '--tls-cert', one.cert, '--tls-key', two.key],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal(status, 1);
  assert.match(stderr, /^perseid: --tls-key: .*two\.key is not the key of .*one\.pem\. Give the key/m);
});

test('the summary names wss, https and the port without TLS', async (t) => {
  const { flags } = makeCertificate(certificateFolder(t));
  const relay = await relayFor(t, ...flags, '--plain-port', 'auto');
  await relay.says('to end it');
  assert.match(relay.stderr, new RegExp(`wss://127.0.0.1:${relay.port}/ws`));
  assert.match(relay.stderr, new RegExp(`https://127.0.0.1:${relay.port}/`));
  const plain = /ws:\/\/127\.0\.0\.1:(\d+)\/ws without TLS/.exec(relay.stderr);
  assert.ok(plain, relay.stderr);
  const answer = await fetch(`http://127.0.0.1:${plain[1]}/healthz`);
  assert.equal(answer.status, 200);
});
