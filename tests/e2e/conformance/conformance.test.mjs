// The cases of the Autobahn fuzzing client, re-created: every number of it, against /echo of the real relay.
// One alone: CASE=6.4.1 node --test conformance/conformance.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relayFor } from '../support/relay.mjs';
import { runCase } from './case.mjs';
import { cases as closing } from './cases/closing.mjs';
import { cases as compression } from './cases/compression.mjs';
import { cases as fragmentation } from './cases/fragmentation.mjs';
import { cases as framing } from './cases/framing.mjs';
import { cases as limits } from './cases/limits.mjs';
import { cases as utf8 } from './cases/utf8.mjs';

const kConcurrency = 6;
// Cases per subsection of the public suite's list (its sections 1 to 7, 9, 10, 12, 13).
const kCounts = {
  1.1: 8,
  1.2: 8,
  2: 11,
  3: 7,
  4.1: 5,
  4.2: 5,
  5: 20,
  6.1: 3,
  6.2: 4,
  6.3: 2,
  6.4: 4,
  6.5: 5,
  6.6: 11,
  6.7: 4,
  6.8: 2,
  6.9: 4,
  '6.10': 3,
  6.11: 5,
  6.12: 8,
  6.13: 5,
  6.14: 10,
  6.15: 1,
  6.16: 3,
  6.17: 5,
  6.18: 5,
  6.19: 5,
  '6.20': 7,
  6.21: 8,
  6.22: 34,
  6.23: 7,
  7.1: 6,
  7.3: 6,
  7.5: 1,
  7.7: 13,
  7.9: 9,
  7.13: 2,
  9.1: 6,
  9.2: 6,
  9.3: 9,
  9.4: 9,
  9.5: 6,
  9.6: 6,
  9.7: 6,
  9.8: 6,
  10.1: 1,
  12.1: 18,
  12.2: 18,
  12.3: 18,
  12.4: 18,
  12.5: 18,
  13.1: 18,
  13.2: 18,
  13.3: 18,
  13.4: 18,
  13.5: 18,
  13.6: 18,
  13.7: 18,
};
const kCases = 517;

const all = [...framing, ...fragmentation, ...utf8, ...closing, ...limits, ...compression];
const chosen = all.filter(
  ({ id }) => !process.env.CASE || id === process.env.CASE || id.startsWith(`${process.env.CASE}.`),
);

test('every case of the public list is here once', () => {
  const counts = {};
  for (const { id } of all) {
    const section =
      id.split('.').length === 2 ? id.split('.')[0] : id.split('.').slice(0, 2).join('.');
    counts[section] = (counts[section] ?? 0) + 1;
  }
  assert.deepEqual(counts, kCounts);
  assert.equal(all.length, kCases);
  assert.equal(new Set(all.map(({ id }) => id)).size, kCases);
});

async function runAll(t, list, ...flags) {
  const relay = await relayFor(t, '--echo', ...flags);
  await Promise.all(list.map((each) => t.test(each.id, () => runCase(relay, each))));
}

test('conformance', { concurrency: kConcurrency }, (t) => runAll(t, chosen));

// The fuzzing client takes longer than the ten seconds of --idle-after-ms to send the megabyte of 9.5.1 in its small chops, so
// the relay puts that connection to rest in the middle of a frame. Here every connection rests within milliseconds.
test('conformance while resting', { concurrency: kConcurrency }, (t) => {
  const volume = new Set([...compression, ...limits]);
  const slow = ['9.5.5', '9.5.6', '9.6.5', '9.6.6', '10.1.1'];
  const resting = chosen.filter((each) => !volume.has(each) || slow.includes(each.id));
  return runAll(t, resting, '--idle-after-ms', '0');
});
