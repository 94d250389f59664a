// What the program says: the line on standard output, its help, and why it cannot start.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { relayFor } from '../support/relay.mjs';

const run = (...flags) =>
  spawnSync(process.env.PERSEID_BINARY, flags, { encoding: 'utf8', timeout: 60_000 });

test('--help names every flag of the protocol page with its default', () => {
  const { status, stdout } = run('--help');
  assert.equal(status, 0);
  for (const flag of [
    'host',
    'port',
    'shards',
    'echo',
    'max-connections',
    'timeout-ms',
    'heartbeat-interval-ms',
    'reconnect-attempts',
    'reconnect-delay-ms',
    'max-message-bytes',
    'session-messages-per-second',
    'session-bytes-per-second',
    'client-bytes-per-second',
    'state-hz',
    'action-window-ms',
    'chat-history',
    'room-name-bytes-max',
    'config',
  ]) {
    assert.ok(stdout.includes(`--${flag}`), flag);
  }
});

test('--version', () => {
  const { status, stdout } = run('--version');
  assert.equal(status, 0);
  assert.match(stdout, /\d+\.\d+\.\d+/);
});

test('an unknown flag is refused, and the nearest is named', () => {
  const { status, stderr } = run('--max-conections', '5');
  assert.equal(status, 2);
  assert.match(stderr, /max-connections/);
});

test('a value out of its bounds is refused, and the bounds are named', () => {
  const { status, stderr } = run('--state-hz', '1000');
  assert.equal(status, 2);
  assert.match(stderr, /state-hz/);
  assert.match(stderr, /240/);
});

test('a port in use: exit code 1, and the message says which', async (t) => {
  const relay = await relayFor(t);
  const { status, stderr } = run('--host', '127.0.0.1', '--port', String(relay.port));
  assert.equal(status, 1);
  assert.ok(stderr.includes(String(relay.port)), stderr);
});

test('the log: the summary, then server_started, then warnings by name', async (t) => {
  const relay = await relayFor(t, '--allow-origin', 'https://game.example');
  await relay.says('page_refused');
  const order = ['perseid ', 'connections ', ' info  server_started ', ' warn  page_refused '];
  const places = order.map((part) => relay.stderr.indexOf(part));
  assert.ok(!places.includes(-1), relay.stderr);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
    relay.stderr,
  );
  assert.ok(!relay.stderr.includes('try it'), relay.stderr);
});

test('an ordinary start warns of nothing', async (t) => {
  const relay = await relayFor(t, '--shards', '1');
  await relay.says('server_started');
  relay.signal('SIGUSR1');
  await relay.says('counters');
  assert.ok(!relay.stderr.includes(' warn '), relay.stderr);
});

test('an empty configuration file is no mistake', async (t) => {
  await relayFor(t, '--config', '/dev/null');
});

test('the environment sets options, a flag wins over it', async (t) => {
  process.env.PERSEID_SHARDS = '3';
  process.env.PERSEID_MAX_CONNECTIONS = '77';
  t.after(() => {
    delete process.env.PERSEID_SHARDS;
    delete process.env.PERSEID_MAX_CONNECTIONS;
  });
  const relay = await relayFor(t, '--shards', '1');
  await relay.says('77'); // It may be read behind the line on standard output.
});
