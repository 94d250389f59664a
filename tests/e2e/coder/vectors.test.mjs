// The state coder's golden vectors, read by another implementation than the one that wrote them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codedUpdate } from '../support/coded_update.mjs';
import { StateDecoder } from '../support/state_decoder.mjs';
import { Schema } from '../support/state_schema.mjs';

const kVectors = JSON.parse(
  readFileSync(new URL('../../vectors/state_v1.json', import.meta.url), 'utf8'),
);
const kWhole = 1;
const bytesOf = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'));
const isWhole = ({ hex }) => (bytesOf(hex)[0] & kWhole) !== 0;

function follow({ schema, distance }, frames) {
  const decoder = new StateDecoder(new Schema(schema), { distance });
  frames.forEach(({ hex, checksum, state }, number) => {
    assert.equal(decoder.decode(bytesOf(hex)), 'ok', `frame ${number}`);
    assert.equal(decoder.table.checksum, checksum, `frame ${number}`);
    assert.deepEqual(decoder.table.state, state, `frame ${number}`);
  });
}

for (const stream of kVectors.streams) {
  test(`every frame of ${stream.name}`, () => follow(stream, stream.frames));

  test(`joined at any keyframe: ${stream.name}`, () => {
    stream.frames.forEach((frame, at) => {
      if (!isWhole(frame)) return;
      const later = stream.frames.slice(at + 1);
      follow(stream, [frame, ...later.filter((each) => !isWhole(each))]);
    });
  });
}

test('cut and bent frames end, and leave nothing but a keyframe to be taken', () => {
  for (const { schema, distance, frames } of kVectors.streams) {
    for (const { hex } of frames.slice(0, 6)) {
      for (let cut = 0; cut < hex.length / 2; ++cut) {
        const decoder = new StateDecoder(new Schema(schema), { distance });
        decoder.decode(bytesOf(frames[0].hex));
        const bent = bytesOf(hex);
        bent[cut] ^= 1 << (cut % 8);
        if (decoder.decode(bent) !== 'ok') {
          assert.ok(['needs_keyframe', 'malformed'].includes(decoder.decode(bytesOf('00'))));
        }
        decoder.decode(bytesOf(hex).subarray(0, cut));
      }
    }
  }
});

for (const { name, schema, hex, update } of kVectors.updates) {
  test(`coded update: ${name}`, () => {
    assert.equal(Buffer.from(codedUpdate(new Schema(schema), update)).toString('hex'), hex);
  });
}
