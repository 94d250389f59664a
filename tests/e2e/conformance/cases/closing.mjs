// Section 7: the close handshake, its payload, its codes.
import { closeFrame, frame, kOpcode } from '../../support/frame.mjs';
import { answers, clean, message, more, ping, text } from '../case.mjs';

const kValidCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const kInvalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const big = Buffer.alloc(256 * 1024, 'BAsd7&jh23');
const badReason = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex');

// A close that breaks the rules is answered by 1002, and the relay sees no second close of ours.
const refused = answers(1002);

export const cases = [
  { id: '7.1.1', send: [text('Hello World!')], want: [message('Hello World!')], close: clean },
  { id: '7.1.2', send: [closeFrame(1000), closeFrame(1000)], want: [], close: answers(1000) },
  { id: '7.1.3', send: [closeFrame(1000), ping()], want: [], close: answers(1000) },
  { id: '7.1.4', send: [closeFrame(1000), text('Hello World!')], want: [], close: answers(1000) },
  {
    id: '7.1.5',
    send: [text('fragment1', { fin: false }), closeFrame(1000), more('fragment2')],
    want: [],
    close: answers(1000),
  },
  // Only informational there; here the messages before the close are owed an answer.
  {
    id: '7.1.6',
    send: [text(big), text('Hello World!'), closeFrame(1000), ping()],
    want: [message(big), message('Hello World!')],
    close: answers(1000),
  },
  { id: '7.3.1', send: [frame(kOpcode.close)], want: [], close: answers(1000, undefined) },
  { id: '7.3.2', send: [frame(kOpcode.close, 'a')], want: [], close: refused },
  { id: '7.3.3', send: [closeFrame(1000)], want: [], close: answers(1000) },
  { id: '7.3.4', send: [closeFrame(1000, 'Hello World!')], want: [], close: answers(1000) },
  { id: '7.3.5', send: [closeFrame(1000, '*'.repeat(123))], want: [], close: answers(1000) },
  { id: '7.3.6', send: [closeFrame(1000, '*'.repeat(124))], want: [], close: refused },
  { id: '7.5.1', send: [closeFrame(1000, badReason)], want: [], close: answers(1002, 1007) },
  ...kValidCodes.map((code, i) => ({
    id: `7.7.${i + 1}`,
    send: [closeFrame(code)],
    want: [],
    close: answers(1000, code),
  })),
  ...kInvalidCodes.map((code, i) => ({
    id: `7.9.${i + 1}`,
    send: [closeFrame(code)],
    want: [],
    close: refused,
  })),
  { id: '7.13.1', send: [closeFrame(5000)], want: [], close: refused },
  { id: '7.13.2', send: [closeFrame(65535)], want: [], close: refused },
];
