// tools/systemd/perseid.service: systemd takes it, finds it tight, and its filter lets through what
// the relay calls. (No test runs it: that would need a machine that systemd has started.)
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '../support/client.mjs';
import { Relay } from '../support/relay.mjs';
import { kSlowness, within } from '../support/wait.mjs';

const kUnit = fileURLToPath(new URL('../../../tools/systemd/perseid.service', import.meta.url));
const kExposureMax = 1.6;
const analyze = (...words) => spawnSync('systemd-analyze', words, { encoding: 'utf8' });
const has = (program, flag) => spawnSync(program, [flag]).status === 0;
const unlessSystemd = has('systemd-analyze', '--version') ? false : 'systemd is not installed here';
// A sanitizer makes calls of its own, and none of its checks run beside strace.
const unlessTraced =
  unlessSystemd ||
  (kSlowness > 1 && 'this build has a sanitizer') ||
  (has('strace', '-V') ? false : 'strace is not installed here');

test('systemd calls it tight', { skip: unlessSystemd }, () => {
  const { stdout, stderr } = analyze('security', '--offline=true', '--no-pager', kUnit);
  assert.doesNotMatch(stderr, /Unknown|Failed|Invalid/);
  const [, level] = /Overall exposure level for perseid.service: ([\d.]+)/.exec(stdout);
  assert.ok(Number(level) <= kExposureMax, stdout);
});

// The names of a set, and of those that it includes.
function callsOf(set) {
  const words = analyze('syscall-filter', set).stdout.split('\n').map((line) => line.trim());
  return words.flatMap((word) =>
    word.startsWith('@') && word !== set ? callsOf(word) : /^[a-z]\w*$/.test(word) ? [word] : [],
  );
}

test('every system call of a relay passes its filter', { skip: unlessTraced }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'perseid-service-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const binary = process.env.PERSEID_BINARY;
  const script = join(folder, 'run');
  const calls = join(folder, 'calls');
  const traced = `exec strace -D -f -qq -c -o ${calls} ${binary} "$@"`;
  writeFileSync(script, `#!/bin/sh\n${traced}\n`, { mode: 0o755 });
  process.env.PERSEID_BINARY = script;
  t.after(() => (process.env.PERSEID_BINARY = binary));
  const relay = await Relay.start('--data-dir', join(folder, 'data'), '--shards', '2', '--creators-declare-rooms');
  const client = await Client.of(t, relay);
  await client.join('lobby', { create: { durability: 'commit' } });
  await client.chat('lobby', { text: 'kept' });
  client.terminate();
  await relay.stop();
  // Written by strace when it has seen the relay's end.
  const text = () => readFileSync(calls, 'utf8');
  const counted = async () => {
    while (!text().includes('total')) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await within(counted(), 'strace to count', text);
  const made = text().match(/(?<=\s)[a-z]\w+$/gm) ?? [];
  assert.ok(made.includes('io_uring_enter'), made.join(' '));
  const filter = /^SystemCallFilter=(\S+)$/m.exec(readFileSync(kUnit, 'utf8'))[1];
  const allowed = new Set([...callsOf(filter), 'execve', 'total', 'syscall']);
  assert.deepEqual(
    made.filter((name) => !allowed.has(name)),
    [],
  );
});
