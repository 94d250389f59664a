// Section 5: fragments, control frames between them, continuations of nothing.
import { bytewise, clean, fails, framewise, message, more, ping, pong, text } from '../case.mjs';
import { frame, kOpcode } from '../../support/frame.mjs';

const open = { fin: false };
const two = [text('fragment1', open), more('fragment2')];
const withPing = [text('fragment1', open), ping('ping payload'), more('fragment2')];
const both = message('fragment1fragment2');
const orphan = (options) => [more('non-continuation payload', options), text('Hello, world!')];
const twice = (options) =>
  [1, 2].flatMap(() => [more('fragment1', options), text('fragment2', open), more('fragment3')]);

// The three ways to send the same frames, as three cases from number `first` on.
function threeWays(first, frames, rest) {
  return [frames, framewise(frames), bytewise(frames)].map((send, i) => ({
    id: `5.${first + i}`,
    send,
    ...rest,
  }));
}

// Frames, and a pause until the first ping has been answered although its message is unfinished.
function longMessage(shape) {
  return [
    ...shape([text('fragment1', open), more('fragment2', open), ping('pongme 1!')]),
    { after: 1 },
    ...shape([
      more('fragment3', open),
      more('fragment4', open),
      ping('pongme 2!'),
      more('fragment5'),
    ]),
  ];
}
const longWant = [
  pong('pongme 1!'),
  pong('pongme 2!'),
  message('fragment1fragment2fragment3fragment4fragment5'),
];

export const cases = [
  { id: '5.1', send: [ping('fragment1', open), more('fragment2')], want: [], close: fails },
  {
    id: '5.2',
    send: [frame(kOpcode.pong, 'fragment1', open), more('fragment2')],
    want: [],
    close: fails,
  },
  ...threeWays(3, two, { want: [both], close: clean }),
  ...threeWays(6, withPing, { want: [pong('ping payload'), both], close: clean }),
  ...threeWays(9, orphan({ fin: true }), { want: [], close: fails }),
  ...threeWays(12, orphan(open), { want: [], close: fails }),
  {
    id: '5.15',
    send: [...two, more('fragment3', open), text('fragment4')],
    want: [both],
    close: fails,
  },
  { id: '5.16', send: twice(open), want: [], close: fails },
  { id: '5.17', send: twice({ fin: true }), want: [], close: fails },
  { id: '5.18', send: [text('fragment1', open), text('fragment2')], want: [], close: fails },
  { id: '5.19', send: longMessage((frames) => frames), want: longWant, close: clean },
  { id: '5.20', send: longMessage(framewise), want: longWant, close: clean },
];
