// The limits on how much a client may say: told when to go on, cut off when it will not listen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';

test('over the message rate: rate_limited with the id and retry_after_ms, and others are not touched', async (t) => {
  const relay = await relayFor(t, '--session-messages-per-second', '10');
  const [hasty, calm] = await Promise.all([Client.of(t, relay), Client.of(t, relay)]);
  for (const client of [hasty, calm]) await client.join('busy');
  // Four times the burst: a relay that is slow to read them has let a few more in meanwhile.
  for (let i = 1; i <= 80; i += 1) hasty.send({ type: 'chat', room: 'busy', payload: i, id: i });
  const refused = await hasty.nextOp('error');
  assert.equal(refused.code, 'rate_limited');
  assert.ok(
    Number.isInteger(refused.id) && refused.id > 1,
    'the burst passes, a later one does not',
  );
  assert.ok(
    refused.retry_after_ms > 0 && refused.retry_after_ms <= 1000,
    `${refused.retry_after_ms} ms`,
  );
  assert.equal((await calm.chat('busy', 'calm')).op, 'ack');
});

test('after the wait that was asked for, the client is heard again', async (t) => {
  const relay = await relayFor(t, '--session-messages-per-second', '20');
  const client = await Client.of(t, relay);
  for (let i = 0; i < 160; i += 1) client.send({ type: 'system', op: 'ping' });
  let refused = await client.nextOp('error');
  while (refused) {
    // Asks again until it is let in: each refusal says how long to wait, so this ends.
    const waited = new Promise((resolve) => {
      setTimeout(resolve, refused.retry_after_ms);
    });
    await waited;
    const answer = await client.request({ type: 'system', op: 'ping' });
    refused = answer.op === 'error' ? answer : null;
  }
});

test('far over the rate: close code 4029', async (t) => {
  const relay = await relayFor(t, '--session-messages-per-second', '5');
  const client = await Client.of(t, relay);
  for (let i = 0; i < 5000; i += 1) client.send({ type: 'system', op: 'ping' });
  assert.equal((await client.closed()).code, 4029);
});

test('bytes are limited too', async (t) => {
  const relay = await relayFor(t, '--session-bytes-per-second', '10000');
  const client = await Client.of(t, relay);
  await client.join('bulk');
  // At once: answered one by one, on a slow machine, they would be within the rate.
  const payload = 'x'.repeat(5000);
  for (let id = 1; id <= 10; id += 1) client.send({ type: 'chat', room: 'bulk', payload, id });
  assert.equal((await client.nextOp('error')).code, 'rate_limited');
});
