// Sections 9 and 10: large messages, many fragments, small chops, round trips, a message fragmented by the sender.
import assert from 'node:assert/strict';
import { frame, kOpcode } from '../../support/frame.mjs';
import { binary, clean, data, inFragments, message, text, writeInChops } from '../case.mjs';

const KiB = 1024;
const MiB = 1024 * KiB;
const kSizes = [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB];
const kFragmentSizes = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB];
const kChops = [64, 128, 256, 512, KiB, 2 * KiB];
const kRoundTripSizes = [0, 16, 64, 256, KiB, 4 * KiB];
const kRoundTrips = 1000;
const kTextPattern = 'BAsd7&jh23';
const kBinaryPattern = Buffer.from('00fe23faf0', 'hex');

// Made when the case runs: all of them at once would be 200 MiB.
function lazily(id, make, want) {
  return {
    id,
    close: clean,
    run: async (peer) => {
      const { bytes, chop, payload } = make();
      await (chop ? writeInChops(peer, bytes, chop) : peer.write(bytes));
      const { kind, payload: came, binary: isBinary } = await peer.event(0);
      assert.deepEqual(
        { kind, isBinary, same: came?.equals(payload) },
        { kind: 'message', isBinary: want(payload).binary, same: true },
      );
    },
  };
}

function large(section, make, want, pattern) {
  return kSizes.map((size, i) =>
    lazily(
      `${section}.${i + 1}`,
      () => {
        const payload = Buffer.alloc(size, pattern);
        return { payload, bytes: make(payload) };
      },
      want,
    ),
  );
}

function fragmented(section, opcode, want, letter) {
  return kFragmentSizes.map((size, i) =>
    lazily(
      `${section}.${i + 1}`,
      () => {
        const payload = Buffer.alloc(4 * MiB, letter);
        return { payload, bytes: Buffer.concat(inFragments(opcode, payload, size)) };
      },
      want,
    ),
  );
}

function chopped(section, make, want, pattern) {
  return kChops.map((chop, i) =>
    lazily(
      `${section}.${i + 1}`,
      () => {
        const payload = Buffer.alloc(MiB, pattern);
        return { payload, bytes: make(payload), chop };
      },
      want,
    ),
  );
}

// One message at a time, a thousand times.
function roundTrips(section, opcode, letter) {
  return kRoundTripSizes.map((size, i) => ({
    id: `${section}.${i + 1}`,
    close: clean,
    run: async (peer) => {
      const payload = Buffer.alloc(size, letter);
      const bytes = frame(opcode, payload);
      for (let trip = 0; trip < kRoundTrips; trip += 1) {
        await peer.write(bytes);
        const event = await peer.event(trip);
        assert.ok(
          event?.payload?.equals(payload) && event.binary === (opcode === kOpcode.binary),
          `round trip ${trip}`,
        );
      }
    },
  }));
}

const autoFragmented = Buffer.alloc(65536, '*');

export const cases = [
  ...large('9.1', text, message, kTextPattern),
  ...large('9.2', data, binary, kBinaryPattern),
  ...fragmented('9.3', kOpcode.text, message, '*'),
  ...fragmented('9.4', kOpcode.binary, binary, 0xfe),
  ...chopped('9.5', text, message, kTextPattern),
  ...chopped('9.6', data, binary, kBinaryPattern),
  ...roundTrips('9.7', kOpcode.text, '*'),
  ...roundTrips('9.8', kOpcode.binary, 0xfe),
  {
    id: '10.1.1',
    send: inFragments(kOpcode.text, autoFragmented, 1300),
    want: [message(autoFragmented)],
    close: clean,
  },
];
