// The ends of a connection: no room for it, silence; and the end of the relay itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { frame, kOpcode } from '../support/frame.mjs';
import { RawPeer } from '../support/raw_peer.mjs';
import { Relay, relayFor } from '../support/relay.mjs';
import { within } from '../support/wait.mjs';

test('one connection too many: upgraded, then closed with 4013 and the reason', async (t) => {
  const relay = await relayFor(t, '--max-connections', '3', '--shards', '2');
  const clients = [];
  for (let i = 0; i < 3; i += 1) clients.push(await Client.of(t, relay));
  const extra = await Client.of(t, relay, { hello: false });
  const { code, reason } = await extra.closed();
  assert.equal(code, 4013);
  assert.match(reason, /^Maximum connections reached/);
  assert.equal((await clients[0].request({ type: 'system', op: 'ping' })).op, 'pong');
});

test('a place that became free is given away again', async (t) => {
  const relay = await relayFor(t, '--max-connections', '1');
  const first = await Client.of(t, relay);
  await first.close();
  // The relay frees the place when TCP has ended, which the client does not see: it tries until it is let in.
  const letIn = async () => {
    for (;;) {
      const next = await Client.connect(relay, { hello: false });
      const answer = await Promise.race([
        next.request({ type: 'system', op: 'ping' }).catch(() => null),
        next.closed(),
      ]);
      next.terminate();
      if (answer?.op === 'pong') return;
    }
  };
  await within(letIn(), 'a free place');
});

test('who answers no ping is closed with 4000, who answers stays', async (t) => {
  const relay = await relayFor(t, '--heartbeat-interval-ms', '300', '--timeout-ms', '2000');
  const alive = await Client.of(t, relay);
  const silent = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => silent.destroy());
  assert.equal((await silent.closed()).code, 4000);
  assert.ok(
    silent.events.some(({ kind }) => kind === 'ping'),
    'it was asked first',
  );
  assert.equal((await alive.request({ type: 'system', op: 'ping' })).op, 'pong');
});

test('a pong is enough to stay', async (t) => {
  const relay = await relayFor(t, '--heartbeat-interval-ms', '300', '--timeout-ms', '2000');
  const peer = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => peer.destroy());
  const kRounds = 14; // Twice the timeout.
  for (let round = 0; round < kRounds; round += 1) {
    const event = await peer.event(round);
    assert.equal(event?.kind, 'ping');
    await peer.write(frame(kOpcode.pong, event.payload));
  }
});

test('a member that times out leaves its rooms', async (t) => {
  const relay = await relayFor(t, '--heartbeat-interval-ms', '300', '--timeout-ms', '2000');
  const watcher = await Client.of(t, relay);
  await watcher.join('watched', { presence: true });
  const silent = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => silent.destroy());
  await silent.write(frame(kOpcode.text, '{"type":"system","op":"join","room":"watched"}'));
  await watcher.next(({ op, event }) => op === 'presence' && event === 'join');
  await watcher.next(({ op, event }) => op === 'presence' && ['leave', 'drop'].includes(event));
});

test('why sessions ended stands in the log', async (t) => {
  const relay = await relayFor(t, '--log-level', 'debug');
  const left = await Client.of(t, relay);
  await left.close();
  await relay.says('detail="The client closed it."');
  const dropped = await RawPeer.open(relay, { path: '/ws' });
  dropped.end();
  await relay.says('detail="The client\'s stream ended."');
  const wrong = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => wrong.destroy());
  await wrong.write(Buffer.from([0x81, 0x00])); // without a mask
  await relay.says('detail="A client must mask its frames."');
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  test(`${signal}: goaway with a delay, 1001, exit code 0`, async () => {
    const relay = await Relay.start('--shards', '2');
    const clients = await Promise.all(Array.from({ length: 6 }, () => Client.connect(relay)));
    for (const client of clients) await client.join('last');
    clients[0].send({ type: 'chat', room: 'last', payload: 'bye', id: 1 });
    await clients[0].nextOp('ack');
    relay.signal(signal);
    for (const client of clients) {
      const goaway = await client.nextOp('goaway');
      assert.equal(goaway.reason, 'shutdown');
      assert.ok(Number.isInteger(goaway.reconnect_delay_ms) && goaway.reconnect_delay_ms >= 0);
      assert.equal(
        (await client.nextOf('chat', 'last')).payload,
        'bye',
        'what was acknowledged is delivered first',
      );
      assert.equal((await client.closed()).code, 1001);
    }
    assert.deepEqual(await within(relay.exited, 'the relay to exit'), { code: 0, signal: null });
  });
}

test('a second signal ends at once, though a client never closes', async (t) => {
  const relay = await Relay.start('--drain-timeout-ms', '600000');
  const peer = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => peer.destroy());
  relay.signal('SIGTERM');
  assert.equal((await peer.closed()).code, 1001);
  relay.signal('SIGTERM');
  const { code, signal } = await within(relay.exited, 'the relay to exit');
  assert.ok(code === 143 || signal === 'SIGTERM', `${code} ${signal}`);
});

test('a drain that runs out of time says how many it cut', async (t) => {
  const relay = await Relay.start('--drain-timeout-ms', '100');
  const peer = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => peer.destroy());
  relay.signal('SIGTERM');
  assert.equal((await within(relay.exited, 'the relay to exit')).code, 0);
  await relay.says('server_stopped connections_cut=1');
});

test('while it drains, nobody new is let in', async (t) => {
  const relay = await Relay.start('--drain-timeout-ms', '600000');
  const peer = await RawPeer.open(relay, { path: '/ws' });
  t.after(() => peer.destroy());
  relay.signal('SIGTERM');
  await peer.closed();
  await assert.rejects(Client.connect(relay));
  relay.signal('SIGTERM');
  await within(relay.exited, 'the relay to exit');
});
