// What the process may do: ports first, then an ordinary user's rights, in every thread.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from '../support/certificates.mjs';
import { Client } from '../support/client.mjs';
import { relayFor } from '../support/relay.mjs';
import { kSlowness } from '../support/wait.mjs';

const kNobody = 65534;
const run = (...flags) =>
  spawnSync(process.env.PERSEID_BINARY, flags, { encoding: 'utf8', timeout: 60_000 });
const isRoot = process.getuid() === 0;
const unlessRoot = isRoot ? false : 'only root has rights to give up';
// A sanitizer reads its program's file when that is gone with the test's folder.
const unlessCopied = unlessRoot || (kSlowness > 1 && 'this build has a sanitizer');

// Of each thread: field -> value.
function statusOf(pid) {
  return readdirSync(`/proc/${pid}/task`).map((task) =>
    Object.fromEntries(
      readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')
        .split('\n')
        .map((line) => line.split(/:\s*/, 2)),
    ),
  );
}

function folderOfNobody(t) {
  const folder = mkdtempSync(join(tmpdir(), 'perseid-rights-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (isRoot) chownSync(folder, kNobody, kNobody);
  return folder;
}

function assertOrdinary(pid) {
  const threads = statusOf(pid);
  assert.ok(threads.length >= 3, 'shards, the log, the first');
  for (const { Name, Uid, Gid, CapPrm, CapEff, CapAmb, NoNewPrivs } of threads) {
    assert.deepEqual(
      { Uid, Gid, CapPrm, CapEff, CapAmb, NoNewPrivs },
      {
        Uid: Array(4).fill(kNobody).join('\t'),
        Gid: Array(4).fill(kNobody).join('\t'),
        CapPrm: '0'.repeat(16),
        CapEff: '0'.repeat(16),
        CapAmb: '0'.repeat(16),
        NoNewPrivs: '1',
      },
      Name,
    );
  }
}

test('--user: no thread keeps a right of root, and it serves', { skip: unlessRoot }, async (t) => {
  const folder = folderOfNobody(t);
  const { cert, key } = makeCertificate(folder);
  chownSync(key, 0, 0);
  chmodSync(key, 0o600); // It is read before.
  const files = ['--tls-cert', cert, '--tls-key', key, '--data-dir', folder];
  const relay = await relayFor(t, '--user', 'nobody', ...files, '--shards', '2');
  await relay.says('nobody, without capabilities');
  assertOrdinary(relay.pid);
  const client = await Client.of(t, relay, { rejectUnauthorized: false });
  assert.equal((await client.join('lobby')).op, 'joined');
});

test('without --user it stays who it is, says so, and gains nothing', async (t) => {
  const relay = await relayFor(t);
  for (const { NoNewPrivs, Uid } of statusOf(relay.pid)) {
    assert.equal(NoNewPrivs, '1');
    assert.equal(Uid.split('\t')[1], String(process.getuid()));
  }
  if (isRoot) await relay.says('--user NAME goes on without');
});

test('a user that is none is refused, with what to do', () => {
  const { status, stderr } = run('--port', '0', '--user', 'nobody-of-that-name');
  assert.equal(status, 1);
  assert.match(stderr, /--user nobody-of-that-name: there is no such user here/);
});

// Until the test ends relays start as an ordinary user, with a right that a service may be given.
function asNobody(t, ...capabilities) {
  const folder = folderOfNobody(t);
  const binary = process.env.PERSEID_BINARY;
  copyFileSync(binary, join(folder, 'perseid'));
  const rights = capabilities.map((each) => `--inh-caps +${each} --ambient-caps +${each}`);
  const who = `--reuid ${kNobody} --regid ${kNobody} --clear-groups ${rights.join(' ')}`;
  const script = join(folder, 'run');
  writeFileSync(script, `#!/bin/sh\nexec setpriv ${who} ${folder}/perseid "$@"\n`);
  for (const file of ['perseid', 'run']) chmodSync(join(folder, file), 0o755);
  process.env.PERSEID_BINARY = script;
  t.after(() => (process.env.PERSEID_BINARY = binary));
}

test('only root becomes another user', { skip: unlessCopied }, (t) => {
  asNobody(t);
  const { status, stderr } = run('--port', '0', '--user', 'daemon');
  assert.equal(status, 1);
  assert.match(stderr, /--user daemon needs a start as root/);
});

// Nobody else here would take such a port meanwhile.
async function freePortBelow1024() {
  for (let port = 1023; port > 600; port -= 1) {
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error('every port from 600 to 1023 is taken');
}

test('the right to a port below 1024 is given up too', { skip: unlessCopied }, async (t) => {
  const port = await freePortBelow1024();
  asNobody(t, 'net_bind_service');
  const relay = await relayFor(t, '--port', String(port));
  assertOrdinary(relay.pid);
});

// Sanitizers have checks of their own instead.
const ifHardened = { skip: kSlowness > 1 && 'this build is not hardened' };

test('the program is hardened: fixed tables, checked stacks and copies', ifHardened, () => {
  const { stdout } = spawnSync('readelf', ['-W', '-h', '-l', '-d', '-s', process.env.PERSEID_BINARY], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  for (const part of [/Type:\s+DYN/, /GNU_RELRO/, /BIND_NOW/, /__stack_chk_fail/, /__memcpy_chk/]) {
    assert.match(stdout, part);
  }
  assert.doesNotMatch(stdout, /GNU_STACK.* RWE/);
});
