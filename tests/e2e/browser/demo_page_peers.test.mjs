// The demo page among peers who mean no good: a payload is whatever its sender likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import { lines, ownId, reads, say, sharedRelay, visit } from '../support/demo_page.mjs';
import { relayFor } from '../support/relay.mjs';

async function mallory(t, room, name = 'Mallory') {
  const client = await Client.of(t, sharedRelay(), { hello: { name } });
  await client.join(room);
  return client;
}

function setEntity(client, room, id, fields) {
  client.send({ type: 'game_state', room, payload: { set: { [id]: fields } } });
}

test('markup in names and messages is text', async (t) => {
  const page = await visit(t, { hash: '#xss' });
  const kMarkup = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>';
  const peer = await mallory(t, 'xss', '<img src=x onerror=1>');
  await peer.chat('xss', { text: kMarkup, name: kMarkup });
  setEntity(peer, 'xss', kMarkup, { x: 'NaN', y: {}, name: kMarkup });
  await peer.chat('xss', 'a payload that is no object');
  await peer.chat('xss', { text: { deep: 1 }, name: [] });
  await reads(page, kMarkup);
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.equal(await page.locator('#log img, #log script, #people img').count(), 0);
});

test('values that cannot be made a text break no page, neither now nor from the history', async (t) => {
  const hash = '#poison';
  const early = await visit(t, { hash });
  const kPoison = { toString: 1, valueOf: 1 };
  const peer = await mallory(t, 'poison');
  await peer.chat('poison', { text: kPoison, name: kPoison });
  await peer.chat('poison', { text: 'well-formed again', name: kPoison });
  setEntity(peer, 'poison', peer.id, { x: 10, y: 10, name: kPoison });
  const late = await visit(t, { hash });
  for (const page of [early, late]) {
    await reads(page, 'well-formed again');
    await page.waitForFunction((id) => window.perseid.room.entities.has(id), peer.id);
    const seen = await page.evaluate(() =>
      window.perseid.players.seen(performance.now()).map(({ name }) => name),
    );
    assert.ok(seen.includes('Mallory'), seen.join());
  }
  await say(late, 'and all goes on');
  await reads(early, 'and all goes on');
});

test('nobody can speak or move under the name of another', async (t) => {
  const page = await visit(t, { hash: '#pose' });
  const victim = await page.getByLabel('Your name').inputValue();
  const peer = await mallory(t, 'pose');
  await page.waitForFunction((id) => window.perseid.room.people.has(id), peer.id);
  await peer.chat('pose', { text: 'I owe Mallory a beer', name: victim });
  setEntity(peer, 'pose', peer.id, { x: 10, y: 10, name: victim });
  await reads(page, 'I owe Mallory a beer');
  assert.equal(await lines(page, 'I owe Mallory a beer').locator('.who').innerText(), 'Mallory');
  await page.waitForFunction((id) => window.perseid.room.entities.has(id), peer.id);
  const seen = await page.evaluate(() => window.perseid.players.seen(performance.now()));
  assert.equal(seen.find(({ client }) => client === peer.id).name, 'Mallory');
});

test('no text turns the direction of its neighbours', async (t) => {
  const peer = await mallory(t, 'bidi');
  await peer.chat('bidi', { text: 'turned \u202Ereversed', name: 'evil\u202Egnp' });
  await (await mallory(t, 'bidi', 'stays')).chat('bidi', { text: 'x' });
  await peer.close();
  const page = await visit(t, { hash: '#bidi' });
  await page.waitForFunction((id) => !window.perseid.room.people.has(id), peer.id);
  await page.reload();
  const line = lines(page, 'turned \u202Ereversed');
  assert.equal(await line.locator('.who').innerText(), 'evilgnp');
  for (const part of ['.who', '.text'])
    assert.equal(
      await line.locator(part).evaluate((each) => getComputedStyle(each).unicodeBidi),
      'isolate',
    );
});

test('a whisper to a long name leaves room to write, and ends with Escape or its reader', async (t) => {
  const page = await visit(t, { hash: '#whisper' });
  const name = 'W'.repeat(64);
  const peer = await mallory(t, 'whisper', name);
  const whisper = page.getByRole('button', { name: `Write privately to ${name}` });
  const stop = page.getByRole('button', { name: `Stop writing privately to ${name}` });
  await whisper.click();
  const field = await page.getByLabel('Message', { exact: true }).boundingBox();
  const form = await page.locator('#say-form').boundingBox();
  assert.ok(field.width > form.width / 4, `${field.width} of ${form.width}`);
  assert.ok(field.x + field.width < form.x + form.width);
  await page.keyboard.press('Escape');
  await stop.waitFor({ state: 'hidden' });
  await whisper.click();
  await stop.waitFor();
  await peer.close();
  await stop.waitFor({ state: 'hidden' });
});

test('of a room larger than the roster, oneself and the number are shown', async (t) => {
  const relay = await relayFor(t, '--roster-max', '3');
  for (let i = 0; i < 5; i += 1) await (await Client.of(t, relay)).join('lobby');
  const page = await visit(t, { at: relay });
  assert.equal(await page.locator('#people-count').innerText(), '6');
  assert.match(await page.locator('#people li').first().innerText(), / \(you\)$/);
  assert.equal(await page.locator('#people li').last().innerText(), 'and 2 more');
  assert.equal(
    await ownId(page),
    await page.evaluate(() => [...window.perseid.room.people.keys()][0]),
  );
});
