// A conformance case: what is sent to /echo, what must come back, who closes and how. The numbers are those of the public
// Autobahn fuzzing client; the code is our own. Judged as strictly as its "OK": good frames before a bad one are answered, the
// right close code is sent, and the relay is the first to end TCP, without a reset and within that client's patience.
//
//   { id, send: [step, ...], want: [event, ...], close: { by, codes } }
//   step: bytes, or { bytes, chop } to write in chops of so many octets, or { after: n } to wait until n events have come, or
//         { quiet: ms } to wait so long and see nothing come
//   run: an async function instead of steps; extensions: the offer made in the handshake
//   by:   'us' (when all has come, we close with 1000), 'relay' (it must fail the connection), 'case' (a step closes)
import assert from 'node:assert/strict';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { RawPeer, brief } from '../support/raw_peer.mjs';
import { closeFrame, frame, kOpcode } from '../support/frame.mjs';
import { kSlowness, within } from '../support/wait.mjs';

// The fuzzing client waits one second for a close frame that it is owed, and one more for the end of TCP. Then it ends TCP
// itself and calls the close failed, so a relay that ends it by one of its own deadlines is too late. The shortest of these is two
// seconds: a little less is as strict, and leaves time on a machine that does other things as well.
const kPatienceMs = 1900 * kSlowness;
const kSlowChopsMax = 2048;

export const clean = { by: 'us', codes: [1000] };
export const fails = { by: 'relay', codes: [1002] };
export const failsUtf8 = { by: 'relay', codes: [1007] };
export const answers = (...codes) => ({ by: 'case', codes });

export const message = (payload) => ({
  kind: 'message',
  binary: false,
  payload: Buffer.from(payload),
});
export const binary = (payload) => ({
  kind: 'message',
  binary: true,
  payload: Buffer.from(payload),
});
export const pong = (payload = '') => ({ kind: 'pong', payload: Buffer.from(payload) });

export const text = (payload, options) => frame(kOpcode.text, payload, options);
export const data = (payload, options) => frame(kOpcode.binary, payload, options);
export const more = (payload, options) => frame(kOpcode.continuation, payload, options);
export const ping = (payload, options) => frame(kOpcode.ping, payload, options);
export const bytewise = (steps) => steps.map((bytes) => ({ bytes, chop: 1 }));
// Every frame in a write of its own, instead of all in one.
export const framewise = (steps) => steps.map((bytes) => ({ bytes, chop: bytes.length }));

// A message in fragments, as the fuzzing client makes them: one that fits is a single frame; in the others a last fragment that
// is full is not the end, an empty one follows it.
export function inFragments(opcode, payload, size, rsv = 0) {
  if (payload.length <= size) return [frame(opcode, payload, { rsv })];
  const frames = [];
  for (let at = 0; at <= payload.length; at += size) {
    const part = payload.subarray(at, at + size);
    const fin = at + size > payload.length;
    frames.push(at === 0 ? frame(opcode, part, { fin, rsv }) : more(part, { fin }));
  }
  return frames;
}

// The fuzzing client lets about a millisecond pass between two chops, so that the relay reads each by itself. So do we; but
// where there are very many, the event loop only turns.
export async function writeInChops(peer, bytes, chop) {
  const slow = bytes.length <= kSlowChopsMax * chop;
  for (let at = 0; at < bytes.length && !peer.ended; at += chop) {
    await peer.write(bytes.subarray(at, at + chop));
    await (slow ? pause(1) : turn());
  }
}

export async function runCase(relay, { send, want, close, run, extensions }) {
  const peer = await RawPeer.open(relay, { extensions });
  try {
    if (run) await run(peer);
    else await runSteps(peer, send, want);
    await runClose(peer, want ?? peer.events, close);
  } finally {
    peer.destroy();
  }
}

async function runSteps(peer, send, want) {
  for (const step of joined(send)) {
    if (step.after !== undefined)
      await peer.until(() => peer.events.length >= step.after, `${step.after} events`);
    else if (step.quiet !== undefined) await seeNothing(peer, step.quiet);
    else if (step.chop) await writeInChops(peer, step.bytes, step.chop);
    else await peer.write(step.bytes);
  }
  await peer.until(() => peer.events.length >= want.length || peer.ended, `${want.length} events`);
}

async function seeNothing(peer, ms) {
  const before = peer.events.length;
  await pause(ms);
  assert.ok(!peer.ended, 'the relay ended TCP too early');
  assert.deepEqual(peer.events.slice(before).map(brief), [], 'something came too early');
}

// Bytes that follow one another leave in one write, so that they arrive in one read.
function joined(send) {
  const steps = [];
  for (const step of send) {
    const last = steps.at(-1);
    if (!Buffer.isBuffer(step)) steps.push(step);
    else if (last?.parts) last.parts.push(step);
    else steps.push({ parts: [step] });
  }
  return steps.map((step) => (step.parts ? { bytes: Buffer.concat(step.parts) } : step));
}

async function runClose(peer, want, { by, codes }) {
  if (by === 'us') await peer.write(closeFrame(1000));
  const close = await soon(peer, peer.closed(), 'a close frame');
  assert.ok(close, 'the relay ended TCP without a close frame');
  assert.ok(
    codes.includes(close.code),
    `close code ${close.code} (${close.reason}) instead of ${codes}`,
  );
  const answered = peer.endedByRelay({ answer: by === 'relay' });
  await soon(peer, answered, 'the relay to close the TCP connection first');
  assert.equal(peer.reset, undefined, 'the relay reset the connection instead of closing it');
  assertEvents(peer.events, [...want.filter(({ kind }) => kind !== 'close'), close]);
}

function soon(peer, promise, what) {
  return within(promise, what, () => `so far: ${peer.events.map(brief).join(', ')}`, kPatienceMs);
}

function assertEvents(got, want) {
  const same = got.length === want.length && got.every((event, i) => sameEvent(event, want[i]));
  assert.ok(same, `came:    ${got.map(brief).join(', ')}\nwanted:  ${want.map(brief).join(', ')}`);
}

function sameEvent(a, b) {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'close') return a.code === b.code;
  return a.payload.equals(b.payload) && a.binary === b.binary;
}
