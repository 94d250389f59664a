// Data of the five kinds that the public suite uses, made here from a seed: JSON, a picture, prose, HTML and a document with
// deflated parts. JSON and HTML are sent as text: they are counted and cut in characters, of one to three bytes.
import { deflateRawSync } from 'node:zlib';

const kBytes = 400_000;

// A small generator (Lehmer): the same data in every run.
function randomOf(seed) {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

const kWords =
  `the night was clear and a hundred meteors crossed it while the players in their towers counted aloud, one by one,
until the gate of the harbour opened and nobody knew who had given the word; for what is a relay but a promise that everyone
will hear the same story in the same order, however far away they sit and however slowly they listen?`.split(
    /\s+/,
  );

const kForeignWords = ['Nachthimmel', 'Straße', 'größer', 'étoile', 'ναύτης', 'звезда', '流星', '☄'];

function anyWord(random) {
  const words = random(8) === 0 ? kForeignWords : kWords;
  return words[random(words.length)];
}

function prose(random) {
  let out = '';
  while (out.length < kBytes)
    out += `${kWords[random(kWords.length)]}${random(12) === 0 ? '.\n' : ' '}`;
  return out;
}

// Grey slopes with a little noise, 512 to a row.
function picture(random) {
  const out = Buffer.alloc(kBytes);
  for (let i = 0; i < kBytes; i += 1) out[i] = ((i % 512) / 3 + i / 5000 + random(6)) & 255;
  return out;
}

function document(random) {
  const parts = [];
  for (let bytes = 0; bytes < kBytes;) {
    const body = deflateRawSync(Buffer.from(prose(random).slice(0, 20_000)));
    const part = Buffer.concat([
      Buffer.from(
        `${parts.length} 0 obj\n<< /Length ${body.length} /Filter /FlateDecode >>\nstream\n`,
      ),
      body,
    ]);
    parts.push(part);
    bytes += part.length;
  }
  return Buffer.concat(parts);
}

function json(random) {
  const rows = [];
  for (let bytes = 0; bytes < kBytes;) {
    const row = JSON.stringify({
      id: rows.length,
      x: random(100000) / 100,
      y: random(100000) / 100,
      name: anyWord(random),
      alive: random(2) === 1,
    });
    rows.push(row);
    bytes += row.length;
  }
  return `[${rows.join(',\n')}]`;
}

function html(random) {
  let out = '<!doctype html><html><body>';
  while (out.length < kBytes)
    out += `<div class="row c${random(9)}"><a href="/page/${random(5000)}">${anyWord(random)}</a></div>\n`;
  return `${out}</body></html>`;
}

// `cut` gives the bytes between two places of the data, whose unit is the character or the byte.
const ofText = (text) => ({
  binary: false,
  length: text.length,
  cut: (from, to) => Buffer.from(text.slice(from, to)),
});
const ofBytes = (bytes) => ({
  binary: true,
  length: bytes.length,
  cut: (from, to) => bytes.subarray(from, to),
});

// In the public suite's order.
export const dataSets = [
  ofText(json(randomOf(4))),
  ofBytes(picture(randomOf(2))),
  ofBytes(Buffer.from(prose(randomOf(1)))),
  ofText(html(randomOf(5))),
  ofBytes(document(randomOf(3))),
];
