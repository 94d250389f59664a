// Byte sequences of Markus Kuhn's UTF-8 decoder stress test (cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt), in groups
// that make the cases 6.5 to 6.23: [valid, bytes] each.

const good = (...list) => list.map((hex) => [true, Buffer.from(hex, 'hex')]);
const bad = (...list) => list.map((hex) => [false, Buffer.from(hex, 'hex')]);

const greek = Buffer.from('cebae1bdb9cf83cebcceb5', 'hex');
const wholeLetters = new Set([2, 5, 7, 9, 11]); // lengths of its prefixes that end with a letter
const prefixes = Array.from({ length: greek.length }, (_, i) => [
  wholeLetters.has(i + 1),
  greek.subarray(0, i + 1),
]);

// All first bytes of a class but its last, each followed by a space.
function lonely(from, to) {
  return [false, Buffer.from(Array.from({ length: to - from }, (_, i) => [from + i, 0x20]).flat())];
}

const truncated = [
  'c0',
  'e080',
  'f08080',
  'f8808080',
  'fc80808080',
  'df',
  'efbf',
  'f7bfbf',
  'fbbfbfbf',
  'fdbfbfbfbf',
];
const continuations = Buffer.from(Array.from({ length: 0x3f }, (_, i) => 0x80 + i)).toString('hex');

// U+FFFE, U+FFFF and their like at the end of every plane: no characters, but valid.
function nonCharacters() {
  const list = ['efbfbe', 'efbfbf'];
  for (const first of ['f0', 'f1', 'f2', 'f3', 'f4']) {
    for (const second of ['8f', '9f', 'af', 'bf']) {
      const overlong = first === 'f0' && second === '8f';
      const beyond = first === 'f4' && second !== '8f';
      if (!overlong && !beyond) list.push(`${first}${second}bfbe`, `${first}${second}bfbf`);
    }
  }
  return list;
}

export const sequences = [
  /* 6.5  correct text */ good(
    '68656c6c6f24776f726c64',
    '68656c6c6fc2a2776f726c64',
    '68656c6c6fe282ac776f726c64',
    '68656c6c6ff0a4ada2776f726c64',
    greek.toString('hex'),
  ),
  /* 6.6  its prefixes */ prefixes,
  /* 6.7  first of each length */ good('00', 'c280', 'e0a080', 'f0908080'),
  /* 6.8  of 5 and 6 bytes */ bad('f888808080', 'fc8480808080'),
  /* 6.9  last of each length */ good('7f', 'dfbf', 'efbfbf', 'f48fbfbf'),
  /* 6.10 of 4, 5 and 6 bytes */ bad('f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'),
  /* 6.11 other boundaries */ [
    ...good('ed9fbf', 'ee8080', 'efbfbd', 'f48fbfbf'),
    ...bad('f4908080'),
  ],
  /* 6.12 unexpected continuations */ bad(
    '80',
    'bf',
    '80bf',
    '80bf80',
    '80bf80bf',
    '80bf80bf80',
    '80bf80bf80bf',
    continuations,
  ),
  /* 6.13 lonely first bytes */ [
    lonely(0xc0, 0xdf),
    lonely(0xe0, 0xef),
    lonely(0xf0, 0xf7),
    lonely(0xf8, 0xfb),
    lonely(0xfc, 0xfd),
  ],
  /* 6.14 last continuation missing */ bad(...truncated),
  /* 6.15 these together */ bad(truncated.join('')),
  /* 6.16 impossible bytes */ bad('fe', 'ff', 'fefeffff'),
  /* 6.17 overlong slash */ bad('c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'),
  /* 6.18 longest overlong */ bad('c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'),
  /* 6.19 overlong NUL */ bad('c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'),
  /* 6.20 single surrogates */ bad(
    'eda080',
    'edadbf',
    'edae80',
    'edafbf',
    'edb080',
    'edbe80',
    'edbfbf',
  ),
  /* 6.21 paired surrogates */ bad(
    'eda080edb080',
    'eda080edbfbf',
    'edadbfedb080',
    'edadbfedbfbf',
    'edae80edb080',
    'edae80edbfbf',
    'edafbfedb080',
    'edafbfedbfbf',
  ),
  /* 6.22 non-characters */ good(...nonCharacters()),
  /* 6.23 specials */ good('efbfb9', 'efbfba', 'efbfbb', 'efbfbc', 'efbfbd', 'efbfbe', 'efbfbf'),
];
