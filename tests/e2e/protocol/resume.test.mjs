// Coming back to the same session: on any shard, over another one, too late, after a good-bye.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';

let relay;
before(async () => {
  relay = await Relay.start('--shards', '2');
});
after(() => relay.stop());

const back = (t, client, since) =>
  Client.of(t, relay, { hello: { session: client.welcome.session, ...(since && { since }) } });

test('a broken connection is taken up again, wherever the new one comes', async (t) => {
  const ben = await Client.of(t, relay, { hello: { name: 'ben' } });
  await ben.join('tunnel', { presence: true });
  let ana = await Client.of(t, relay, { hello: { name: 'ana' } });
  await ana.join('tunnel');
  const { client, session } = ana.welcome;
  for (let seq = 1; seq <= 8; seq += 1) {
    ana.terminate();
    await ben.next(({ op, event }) => op === 'presence' && event === 'drop');
    await ben.chat('tunnel', seq);
    ana = await back(t, ana, { rooms: { tunnel: { chat: seq - 1 } } });
    assert.equal(ana.welcome.resumed, true);
    assert.equal(ana.welcome.client, client);
    assert.equal(ana.welcome.session, session);
    assert.equal(ana.welcome.rooms[0].room, 'tunnel');
    const missed = await ana.nextOf('chat', 'tunnel');
    assert.deepEqual([missed.seq, missed.payload], [seq, seq]);
    await ben.next(({ op, event }) => op === 'presence' && event === 'resume');
  }
  const others = ben.inbox.filter(({ op, event }) => op === 'presence' && event === 'leave');
  assert.deepEqual(others, []);
});

test('a newer connection takes over, and the older is closed with 4009', async (t) => {
  const older = await Client.of(t, relay);
  const closed = new Promise((resolve) => older.socket.once('close', resolve));
  const newer = await back(t, older);
  assert.equal(newer.welcome.resumed, true);
  assert.equal(await closed, 4009);
});

test('after its window, or a good-bye, a session is gone', async (t) => {
  const own = await Relay.start('--resume-window-ms', '100');
  t.after(() => own.stop());
  const ana = await Client.of(t, own);
  const ben = await Client.of(t, own);
  await ana.join('brief');
  await ben.join('brief', { presence: true });
  ana.terminate();
  await ben.next(({ op, event }) => op === 'presence' && event === 'leave');
  const late = await Client.of(t, own, { hello: { session: ana.welcome.session } });
  assert.equal(late.welcome.resumed, false);
  assert.notEqual(late.welcome.client, ana.welcome.client);
  const polite = await Client.of(t, relay);
  await polite.close();
  assert.equal((await back(t, polite)).welcome.resumed, false);
});

test('a send repeated after the break is acknowledged, not repeated', async (t) => {
  const ben = await Client.of(t, relay);
  await ben.join('once');
  const ana = await Client.of(t, relay);
  await ana.join('once');
  const first = await ana.request({ type: 'chat', room: 'once', payload: 'a', id: 'same' });
  ana.terminate();
  const again = await back(t, ana);
  const second = await again.request({ type: 'chat', room: 'once', payload: 'a', id: 'same' });
  assert.deepEqual([second.op, second.seq], [first.op, first.seq]);
  await again.chat('once', 'b');
  assert.equal((await ben.nextOf('chat', 'once')).payload, 'a');
  assert.equal((await ben.nextOf('chat', 'once')).payload, 'b');
});
