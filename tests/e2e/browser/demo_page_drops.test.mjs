// The demo page when its connection does not hold: nothing that was typed is lost, and nothing wrong is said about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joined, lines, load, ownId, reads, say, sharedRelay, visit } from '../support/demo_page.mjs';
import { LossyWire } from '../support/lossy_wire.mjs';
import { Relay, relayFor } from '../support/relay.mjs';

const disconnected = (page) =>
  page.waitForFunction(() => window.perseid.link.state !== 'open' && !window.perseid.room.joined);

// As its button does, unless the page was quicker.
async function reconnect(page) {
  await page.evaluate(() => window.perseid.link.retryNow());
  await joined(page);
}

// Two in a room, one of them behind a wire.
async function pair(t, hash, relay = sharedRelay()) {
  const wire = await LossyWire.to(t, relay);
  return { wire, ana: await visit(t, { hash, at: wire }), ben: await visit(t, { hash, at: relay }) };
}

// `seen`: waits for what else the wire must not be mended before.
async function cutAndMend(wire, page, seen = async () => {}) {
  wire.cut();
  await disconnected(page);
  await seen();
  wire.mend();
  await reconnect(page);
}

// The line stands there once, as this page's own, and nothing is said against it.
async function assertSaidOnce(page, text) {
  assert.equal(await lines(page, text).count(), 1);
  assert.match(await lines(page, text).locator('.who').innerText(), / \(you\)$/);
  assert.equal(await page.locator('#log .fate').count(), 0);
}

test('a line typed while disconnected is sent after the reconnect', async (t) => {
  const { wire, ana, ben } = await pair(t, '#typed-away');
  wire.cut();
  await disconnected(ana);
  await ana.getByText('Not connected: nobody sees you move.').waitFor();
  await say(ana, 'typed while away');
  await lines(ana, 'typed while away').getByText('Waits for the connection').waitFor();
  wire.mend();
  await reconnect(ana);
  await reads(ben, 'typed while away');
  await ana.locator('#log .waiting').waitFor({ state: 'detached' });
  await assertSaidOnce(ana, 'typed while away');
  assert.equal(await ana.getByText('Not connected: nobody sees you move.').isVisible(), false);
});

test('a line that arrived is not called unsent because its ack was lost', async (t) => {
  const { wire, ana, ben } = await pair(t, '#ack-lost');
  wire.losesToClient = true;
  await say(ana, 'the ack of this is lost');
  await reads(ben, 'the ack of this is lost');
  await cutAndMend(wire, ana);
  await say(ben, 'said later'); // Once this is read, all that was missed has been.
  await reads(ana, 'said later');
  await ana.locator('#log .waiting').waitFor({ state: 'detached' });
  await assertSaidOnce(ana, 'the ack of this is lost');
});

test('a line that was lost on the way is sent again by itself where the session is resumed', async (t) => {
  const { wire, ana, ben } = await pair(t, '#lost-resumed');
  wire.losesToRelay = true;
  await say(ana, 'lost on the way');
  await cutAndMend(wire, ana);
  await reads(ben, 'lost on the way');
  await ana.locator('#log .waiting').waitFor({ state: 'detached' });
  await assertSaidOnce(ana, 'lost on the way');
});

test('a line that was lost on the way is called doubtful, and can be sent again', async (t) => {
  const { wire, ana, ben } = await pair(t, '#line-lost', await relayFor(t, '--resume-window-ms', '0'));
  const id = await ownId(ana);
  await ben.waitForFunction((each) => window.perseid.room.people.has(each), id);
  wire.losesToRelay = true;
  await say(ana, 'lost on the way');
  // Back before the relay has seen the connection end, the page would take its session over and send again by itself.
  const left = () => ben.waitForFunction((each) => !window.perseid.room.people.has(each), id);
  await cutAndMend(wire, ana, left);
  await lines(ana, 'lost on the way').getByText('Perhaps not sent').waitFor();
  assert.equal(await lines(ben, 'lost on the way').count(), 0);
  await ana.getByRole('button', { name: 'Send again' }).click();
  await reads(ben, 'lost on the way');
  await ana.locator('#log .waiting').waitFor({ state: 'detached' });
  await assertSaidOnce(ana, 'lost on the way');
});

test('who was cut off for a while is back without having left', async (t) => {
  const { wire, ana, ben } = await pair(t, '#tunnel');
  const id = await ana.evaluate(() => window.perseid.link.client);
  await ben.evaluate(() => {
    window.events = [];
    window.perseid.room.addEventListener('presence', ({ detail }) => window.events.push(detail));
  });
  await ben.waitForFunction((each) => window.perseid.room.entities.has(each), id);
  wire.cut();
  await disconnected(ana);
  await ben.waitForFunction((each) => window.perseid.room.people.get(each)?.away, id);
  assert.ok(await ben.evaluate((each) => window.perseid.room.entities.has(each), id));
  await say(ben, 'said in the tunnel');
  await say(ana, 'typed in the tunnel');
  wire.mend();
  await reconnect(ana);
  await reads(ana, 'said in the tunnel');
  await reads(ben, 'typed in the tunnel');
  assert.equal(await ana.evaluate(() => window.perseid.link.client), id);
  const events = await ben.evaluate(() => window.events);
  assert.deepEqual(
    events.filter(({ client }) => client === id).map(({ event }) => event),
    ['drop', 'resume'],
  );
  await assertSaidOnce(ana, 'typed in the tunnel');
});

test('what was said meanwhile is read after the reconnect, also in a room that was silent', async (t) => {
  const { wire, ana, ben } = await pair(t, '#meanwhile');
  wire.cut();
  await disconnected(ana);
  await say(ben, 'you missed this');
  await reads(ben, 'you missed this');
  wire.mend();
  await reconnect(ana);
  await reads(ana, 'you missed this');
});

test('when the relay comes back, so does the page, and the chat stays', async (t) => {
  const own = await Relay.start();
  const page = await visit(t, { at: own });
  await say(page, 'said before');
  await reads(page, 'said before');
  await own.stop();
  await disconnected(page);
  assert.match(await page.locator('#link').innerText(), /trying again/);
  const back = await relayFor(t, '--port', String(own.port));
  assert.equal(back.port, own.port);
  await reconnect(page);
  await page.getByText(/^The relay started afresh/).waitFor();
  await say(page, 'said after');
  await reads(page, 'said after');
  const texts = await page.locator('#log li :is(.text), #log .event').allInnerTexts();
  assert.deepEqual(
    texts.map((text) => text.split(':')[0]),
    ['said before', 'The relay started afresh', 'said after'],
  );
});

test('a page that may not connect says so, and how it could', async (t) => {
  const strict = await relayFor(t, '--allow-origin', 'https://game.example');
  const page = await load(t, { at: strict });
  await page.getByText('Cannot connect, trying again').waitFor();
  const said = await page.getByRole('alert').innerText();
  assert.ok(said.includes(`add http://${strict.host}:${strict.port}`), said);
});

test('a relay that does not answer is told from one that does', async (t) => {
  const own = await relayFor(t);
  const page = await visit(t, { at: own });
  own.signal('SIGSTOP');
  t.after(() => own.signal('SIGCONT'));
  await page.getByText(/no answer for \d+ s/).waitFor();
  own.signal('SIGCONT');
  await page.getByText(/· [\d.]+ ms/).waitFor();
});
