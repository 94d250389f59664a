// Section 6: valid and invalid UTF-8, whole, in fragments, and failing at the first wrong byte.
import { kOpcode } from '../../support/frame.mjs';
import { clean, failsUtf8, inFragments, message, more, text } from '../case.mjs';
import { sequences } from './utf8_sequences.mjs';

const open = { fin: false };
const greek = Buffer.from('cebae1bdb9cf83cebcceb5', 'hex');
const edited = Buffer.from('edited');
const surrogate = Buffer.concat([greek, Buffer.from('eda080', 'hex'), edited]);
const tooHigh = Buffer.concat([greek, Buffer.from('f4908080', 'hex'), edited]); // U+110000: wrong from its second byte on
const mixed = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
const middle = Buffer.byteLength('Hello-µ@ßöä');
const bytes = (payload) => inFragments(kOpcode.text, payload, 1);
const kPauseMs = 100; // A second there.

const fragmented = [
  { id: '6.1.1', send: [text('')], want: [message('')], close: clean },
  {
    id: '6.1.2',
    send: [text('', open), more('', open), more('')],
    want: [message('')],
    close: clean,
  },
  {
    id: '6.1.3',
    send: [text('', open), more('middle frame payload', open), more('')],
    want: [message('middle frame payload')],
    close: clean,
  },
  { id: '6.2.1', send: [text(mixed)], want: [message(mixed)], close: clean },
  {
    id: '6.2.2',
    send: [text(mixed.subarray(0, middle), open), more(mixed.subarray(middle))],
    want: [message(mixed)],
    close: clean,
  },
  { id: '6.2.3', send: bytes(mixed), want: [message(mixed)], close: clean },
  { id: '6.2.4', send: bytes(greek), want: [message(greek)], close: clean },
  { id: '6.3.1', send: [text(surrogate)], want: [], close: failsUtf8 },
  { id: '6.3.2', send: bytes(surrogate), want: [], close: failsUtf8 },
];

// The good part must be taken; then the bad one must end it, as the rest is never sent.
function failFastFragments(id, valid, invalid) {
  const send = [
    text(tooHigh.subarray(0, valid), open),
    { quiet: kPauseMs },
    more(tooHigh.subarray(valid, invalid), open),
  ];
  return { id, send, want: [], close: failsUtf8 };
}

// The same in chops of one frame.
function failFastChops(id, valid, invalid) {
  const whole = text(tooHigh);
  const header = whole.length - tooHigh.length;
  const send = [
    whole.subarray(0, header + valid),
    { quiet: kPauseMs },
    whole.subarray(header + valid, header + invalid),
  ];
  return { id, send, want: [], close: failsUtf8 };
}

const failFast = [
  failFastFragments('6.4.1', greek.length, greek.length + 4),
  failFastFragments('6.4.2', greek.length + 1, greek.length + 2),
  failFastChops('6.4.3', greek.length, greek.length + 4),
  failFastChops('6.4.4', greek.length + 1, greek.length + 2),
];

const table = sequences.flatMap((group, i) =>
  group.map(([valid, payload], j) =>
    valid
      ? { id: `6.${i + 5}.${j + 1}`, send: [text(payload)], want: [message(payload)], close: clean }
      : { id: `6.${i + 5}.${j + 1}`, send: [text(payload)], want: [], close: failsUtf8 },
  ),
);

export const cases = [...fragmented, ...failFast, ...table];
