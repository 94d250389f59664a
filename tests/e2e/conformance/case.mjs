// A conformance case: what is sent to /echo, what must come back, who closes and how. The numbers are those of the public
// Autobahn fuzzing client; the code is our own. Judged as strictly as its "OK": good frames before a bad one are answered, the
// right close code is sent, and the relay is the first to end TCP, without a reset.
//
//   { id, send: [step, ...], want: [event, ...], close: { by, codes } }
//   step: bytes, or { bytes, chop } to write in chops of so many octets, or { after: n } to wait until n events have come
//   run: an async function instead of steps; extensions: the offer made in the handshake
//   by:   'us' (when all has come, we close with 1000), 'relay' (it must fail the connection), 'case' (a step closes)
import assert from 'node:assert/strict';
import { RawPeer, brief } from '../support/raw_peer.mjs';
import { closeFrame, frame, kOpcode } from '../support/frame.mjs';

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
    else await peer.write(step.bytes, step);
  }
  await peer.until(() => peer.events.length >= want.length || peer.ended, `${want.length} events`);
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
  const close = await peer.closed();
  assert.ok(close, 'the relay ended TCP without a close frame');
  assert.ok(
    codes.includes(close.code),
    `close code ${close.code} (${close.reason}) instead of ${codes}`,
  );
  await peer.endedByRelay({ answer: by === 'relay' });
  assert.equal(peer.reset, undefined, 'the relay reset the connection instead of closing it');
  assertEvents(peer.events, [...want.filter(({ kind }) => kind !== 'close'), close]);
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
