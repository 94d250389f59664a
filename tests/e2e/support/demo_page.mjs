// The demo page in Chromium: one browser and one relay per test file, one visitor of its own per visit.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { Relay } from './relay.mjs';
import { kDeadlineMs } from './wait.mjs';

const kBrowsers = [
  process.env.PERSEID_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const kOutput = process.env.PERSEID_TEST_OUTPUT ?? tmpdir();
let relay;
let browser;

before(async () => {
  const executablePath = kBrowsers.find((path) => path && existsSync(path));
  assert.ok(executablePath, 'chromium is missing: run ./setup, or name it in PERSEID_CHROMIUM');
  relay = await Relay.start();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
after(async () => {
  await browser?.close();
  await relay?.stop();
});

export const sharedRelay = () => relay;

// A page that has not joined yet. Fails the test if it reports an error or breaks its CSP. `at`: whom to ask for the page, if
// not the shared relay; then the console may tell of failed connections, which such tests are about.
export async function load(t, { hash = '', at, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(kDeadlineMs);
  const page = await context.newPage();
  const faults = [];
  const expected = (text) => at && /^WebSocket connection to .* failed/.test(text);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on(
    'console',
    (entry) => entry.type() === 'error' && !expected(entry.text()) && faults.push(entry.text()),
  );
  const { host, port } = at ?? relay;
  await page.goto(`http://${host}:${port}/${hash}`);
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  return page;
}

export async function visit(t, options) {
  const page = await load(t, options);
  await joined(page);
  return page;
}

export const joined = (page) => page.waitForFunction(() => window.perseid?.room?.joined);
export const ownId = (page) => page.evaluate(() => window.perseid.link.client);
export const entity = (page, id) =>
  page.evaluate((each) => window.perseid.room.entities.get(each), id);
export const screenshot = (page, name) =>
  page.screenshot({ path: join(kOutput, `${name}.png`), fullPage: true });

export async function say(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

export const reads = (page, text) =>
  page.getByRole('log').getByText(text, { exact: true }).first().waitFor();

// The chat's lines with this text.
export const lines = (page, text) =>
  page.locator('#log li').filter({ has: page.getByText(text, { exact: true }) });
