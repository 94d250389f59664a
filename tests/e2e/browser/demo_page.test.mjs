// The built-in demo page in a real browser: two people chat and see each other move. Screenshots go to PERSEID_TEST_OUTPUT.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.mjs';
import {
  entity,
  joined,
  lines,
  load,
  ownId,
  reads,
  say,
  screenshot,
  sharedRelay,
  visit,
} from '../support/demo_page.mjs';
import { relayFor } from '../support/relay.mjs';

test('two pages chat and see each other move', async (t) => {
  const dark = { colorScheme: 'dark' };
  const [ana, ben] = [await visit(t, dark), await visit(t, dark)];
  await say(ana, 'Hello from the first tab');
  await reads(ben, 'Hello from the first tab');
  await say(ben, 'And hello back');
  await reads(ana, 'And hello back');

  const id = await ownId(ana);
  await ben.waitForFunction((each) => window.perseid.room.entities.has(each), id);
  const start = await entity(ben, id);
  await ana.locator('canvas').focus();
  await ana.keyboard.down(start.x < 800 ? 'ArrowRight' : 'ArrowLeft');
  await ben.waitForFunction(
    ([each, x]) => Math.abs(window.perseid.room.entities.get(each).x - x) > 150,
    [id, start.x],
  );
  await ana.keyboard.up(start.x < 800 ? 'ArrowRight' : 'ArrowLeft');
  await ana.keyboard.press('Space');
  await ben.waitForFunction(() => window.perseid.link.stats.received.player_action > 0);
  await screenshot(ben, 'demo_page_dark');
});

test('the keys move the player before anything was clicked, and not while something is typed', async (t) => {
  const [ana, ben] = [await visit(t, { hash: '#keys' }), await visit(t, { hash: '#keys' })];
  const id = await ownId(ana);
  await ben.waitForFunction((each) => window.perseid.room.entities.has(each), id);
  const start = await entity(ben, id);
  await ana.keyboard.down(start.x < 800 ? 'KeyD' : 'KeyA');
  await ben.waitForFunction(
    ([each, x]) => Math.abs(window.perseid.room.entities.get(each).x - x) > 100,
    [id, start.x],
  );
  await ana.keyboard.up(start.x < 800 ? 'KeyD' : 'KeyA');
  await ana.keyboard.press('Space');
  await ben.waitForFunction(() => window.perseid.link.stats.received.player_action > 0);
  assert.equal(await ana.evaluate(() => scrollY), 0);

  const rests = await ana.evaluate(() => ({ ...window.perseid.players.me }));
  await ana.getByLabel('Message', { exact: true }).pressSequentially('wasd awhile');
  await ana.keyboard.press('Enter');
  await reads(ben, 'wasd awhile');
  assert.deepEqual(await ana.evaluate(() => window.perseid.players.me), rests);
});

for (const touch of [false, true]) {
  test(`the player goes where one ${touch ? 'taps' : 'clicks'}; twice is a pulse`, async (t) => {
    const hash = `#go-${touch}`;
    const [ana, ben] = [await visit(t, { hash, hasTouch: touch }), await visit(t, { hash })];
    const id = await ownId(ana);
    const box = await ana.locator('canvas').boundingBox();
    const hand = touch ? (x, y) => ana.touchscreen.tap(x, y) : (x, y) => ana.mouse.click(x, y);
    for (const part of [0.9, 0.1]) {
      await hand(box.x + box.width * part, box.y + box.height * part);
      await ben.waitForFunction(
        ([each, x]) => Math.abs(window.perseid.room.entities.get(each)?.x - x) < 5,
        [id, 1600 * part],
      );
    }
    await hand(box.x + box.width / 2, box.y + box.height / 2);
    if (touch) await hand(box.x + box.width / 2, box.y + box.height / 2);
    else await ana.mouse.dblclick(box.x + box.width / 2, box.y + box.height / 2);
    await ben.waitForFunction(() => window.perseid.link.stats.received.player_action > 0);
  });
}

test('the pointer drags the player', async (t) => {
  const [ana, ben] = [await visit(t, { hash: '#drag' }), await visit(t, { hash: '#drag' })];
  const id = await ownId(ana);
  const box = await ana.locator('canvas').boundingBox();
  await ana.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await ana.mouse.down();
  await ana.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.9);
  await ben.waitForFunction(
    (each) =>
      window.perseid.room.entities.get(each)?.x > 1400 &&
      window.perseid.room.entities.get(each).y > 780,
    id,
  );
  await ana.mouse.up();
});

test('the roster shows who is there, and a leaving page takes its player along', async (t) => {
  const ana = await visit(t, { hash: '#roster' });
  const ben = await visit(t, { hash: '#roster' });
  const id = await ownId(ben);
  await ana.waitForFunction(
    (each) => window.perseid.room.people.has(each) && window.perseid.room.entities.has(each),
    id,
  );
  assert.equal(await ana.locator('#people li').count(), 2);
  await ben.close({ runBeforeUnload: true });
  await ana.waitForFunction(
    (each) => !window.perseid.room.people.has(each) && !window.perseid.room.entities.has(each),
    id,
  );
});

test('a player whose page died without a word is tidied away by who stayed', async (t) => {
  const relay = await relayFor(t, '--resume-window-ms', '500');
  const ana = await visit(t, { at: relay, hash: '#tidy' });
  const ghost = await Client.connect(relay);
  await ghost.join('tidy');
  ghost.send({
    type: 'game_state',
    room: 'tidy',
    payload: { set: { [ghost.id]: { x: 100, y: 100, name: 'ghost' } } },
  });
  await ana.waitForFunction((each) => window.perseid.room.entities.has(each), ghost.id);
  ghost.terminate();
  await ana.waitForFunction((each) => !window.perseid.room.entities.has(each), ghost.id);
});

test('a reload brings the history back', async (t) => {
  const ana = await visit(t, { hash: '#reload' });
  for (const text of ['one', 'two', 'three']) await say(ana, text);
  await reads(ana, 'three');
  await ana.reload();
  for (const text of ['one', 'two', 'three']) await reads(ana, text);
});

test('older messages come into view, and so does what one says oneself', async (t) => {
  const peer = await Client.of(t, sharedRelay());
  await peer.join('long');
  for (let i = 1; i <= 120; i += 1) await peer.chat('long', { text: `message ${i}` });
  const page = await visit(t, { hash: '#long' });
  await reads(page, 'message 120');
  const inView = (text) =>
    lines(page, text).evaluate((line) => {
      const [own, log] = [line, line.parentElement].map((each) => each.getBoundingClientRect());
      return own.bottom > log.top && own.top < log.bottom;
    });
  await page.getByRole('button', { name: 'Older messages' }).click();
  await reads(page, 'message 70');
  assert.equal(await inView('message 70'), true);
  assert.equal(await inView('message 120'), false);
  await say(page, 'down here');
  await reads(page, 'down here');
  await page.locator('#log .waiting').waitFor({ state: 'detached' });
  assert.equal(await inView('down here'), true);
});

test('the address chooses the room, and rooms are apart', async (t) => {
  const ana = await visit(t, { hash: '#here' });
  const ben = await visit(t, { hash: '#there' });
  await say(ben, 'not for here');
  await reads(ben, 'not for here');
  await ben.getByLabel('Go to another room').fill('here');
  await ben.keyboard.press('Enter');
  await ben.waitForFunction(
    () => window.perseid.room.name === 'here' && window.perseid.room.joined,
  );
  await say(ben, 'now for here');
  await reads(ana, 'now for here');
  assert.equal(await ana.getByText('not for here').count(), 0);
});

test('a private message is read by one only', async (t) => {
  const [ana, ben, eve] = [
    await visit(t, { hash: '#w' }),
    await visit(t, { hash: '#w' }),
    await visit(t, { hash: '#w' }),
  ];
  const name = await ben.getByLabel('Your name').inputValue();
  const id = await ownId(ben);
  await ana.waitForFunction((each) => window.perseid.room.people.has(each), id);
  await ana.evaluate(() => document.activeElement?.blur());
  await ana
    .getByRole('button', { name: `Write privately to ${name}` })
    .first()
    .click();
  await say(ana, 'between us');
  await reads(ben, 'between us');
  await say(eve, 'public');
  await reads(ana, 'public');
  await reads(eve, 'public');
  assert.equal(await eve.getByText('between us').count(), 0);
});

test('a new name is seen by others', async (t) => {
  const [ana, ben] = [await visit(t, { hash: '#name' }), await visit(t, { hash: '#name' })];
  await ana.getByLabel('Your name').fill('Renamed Ray');
  await ana.keyboard.press('Enter');
  await ben.locator('#people').getByText('Renamed Ray').waitFor();
});

test('a room whose name is not allowed is said so, and left by a link', async (t) => {
  const page = await load(t, { hash: '#bad%01room' });
  await page.getByRole('alert').getByText("This room's name is not allowed.").waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled(), true);
  await page.getByRole('link', { name: 'Go to #lobby' }).click();
  await joined(page);
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  await say(page, 'in the lobby after all');
  await reads(page, 'in the lobby after all');
});

for (const [name, options] of [
  ['demo_page_light', { colorScheme: 'light' }],
  [
    'demo_page_phone',
    { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  ],
]) {
  test(`the page in another dress: ${name}`, async (t) => {
    const page = await visit(t, { hash: '#looks', ...options });
    const other = await visit(t, { hash: '#looks', colorScheme: 'dark' });
    await say(other, 'Does it look well?');
    await reads(page, 'Does it look well?');
    await page.waitForFunction(() => window.perseid.room.entities.size > 1);
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
      true,
      'no sideways scrolling',
    );
    await screenshot(page, name);
  });
}
