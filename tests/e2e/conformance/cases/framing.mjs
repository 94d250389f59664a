// Sections 1 to 4: sizes of data frames, pings, reserved bits, reserved opcodes.
import { frame, kOpcode } from '../../support/frame.mjs';
import {
  binary,
  bytewise,
  clean,
  data,
  fails,
  framewise,
  message,
  ping,
  pong,
  text,
} from '../case.mjs';

const kSizes = [0, 125, 126, 127, 128, 65535, 65536];
const kHello = 'Hello, world!';
const kBytes = Buffer.from('00fffefdfcfb00ff', 'hex');
const tens = Array.from({ length: 10 }, (_, i) => `payload-${i}`);

function sized(section, make, want, letter) {
  const cases = kSizes.map((size, i) => {
    const payload = Buffer.alloc(size, letter);
    return {
      id: `${section}.${i + 1}`,
      send: [make(payload)],
      want: [want(payload)],
      close: clean,
    };
  });
  const payload = Buffer.alloc(65536, letter);
  cases.push({
    id: `${section}.8`,
    send: [{ bytes: make(payload), chop: 997 }],
    want: [want(payload)],
    close: clean,
  });
  return cases;
}

const pings = [
  { id: '2.1', send: [ping()], want: [pong()], close: clean },
  { id: '2.2', send: [ping(kHello)], want: [pong(kHello)], close: clean },
  { id: '2.3', send: [ping(kBytes)], want: [pong(kBytes)], close: clean },
  {
    id: '2.4',
    send: [ping(Buffer.alloc(125, 0xfe))],
    want: [pong(Buffer.alloc(125, 0xfe))],
    close: clean,
  },
  { id: '2.5', send: [ping(Buffer.alloc(126, 0xfe))], want: [], close: fails },
  {
    id: '2.6',
    send: bytewise([ping(Buffer.alloc(125, 0xfe))]),
    want: [pong(Buffer.alloc(125, 0xfe))],
    close: clean,
  },
  { id: '2.7', send: [frame(kOpcode.pong)], want: [], close: clean },
  { id: '2.8', send: [frame(kOpcode.pong, 'unsolicited')], want: [], close: clean },
  {
    id: '2.9',
    send: [frame(kOpcode.pong, 'unsolicited'), ping('mine')],
    want: [pong('mine')],
    close: clean,
  },
  { id: '2.10', send: tens.map((payload) => ping(payload)), want: tens.map(pong), close: clean },
  {
    id: '2.11',
    send: bytewise(tens.map((payload) => ping(payload))),
    want: tens.map(pong),
    close: clean,
  },
];

// A good message, a frame with a reserved bit, a ping that must not be answered: in one write, framewise, bytewise.
const spoilt = (rsv) => [text(kHello), text(kHello, { rsv }), ping()];
const reservedBits = [
  { id: '3.1', send: [text(kHello, { rsv: 1 })], want: [], close: fails },
  { id: '3.2', send: spoilt(2), want: [message(kHello)], close: fails },
  { id: '3.3', send: framewise(spoilt(3)), want: [message(kHello)], close: fails },
  { id: '3.4', send: bytewise(spoilt(4)), want: [message(kHello)], close: fails },
  { id: '3.5', send: [data(kBytes, { rsv: 5 })], want: [], close: fails },
  { id: '3.6', send: [data(kHello, { rsv: 6 })], want: [], close: fails }, // A ping in its title, but a message in its bytes.
  { id: '3.7', send: [frame(kOpcode.close, '', { rsv: 7 })], want: [], close: fails },
];

function opcodes(section, first) {
  const after = (opcode, payload) => [text(kHello), frame(opcode, payload), ping()];
  return [
    { id: `${section}.1`, send: [frame(first)], want: [], close: fails },
    {
      id: `${section}.2`,
      send: [frame(first + 1, 'reserved opcode payload')],
      want: [],
      close: fails,
    },
    { id: `${section}.3`, send: after(first + 2, ''), want: [message(kHello)], close: fails },
    { id: `${section}.4`, send: after(first + 3, kHello), want: [message(kHello)], close: fails },
    {
      id: `${section}.5`,
      send: bytewise(after(first + 4, kHello)),
      want: [message(kHello)],
      close: fails,
    },
  ];
}

export const cases = [
  ...sized('1.1', text, message, '*'),
  ...sized('1.2', data, binary, 0xfe),
  ...pings,
  ...reservedBits,
  ...opcodes('4.1', 3),
  ...opcodes('4.2', 11),
];
