// Small helpers for the page. Everything that a user wrote goes through textContent, never through markup.

export const $ = (id) => document.getElementById(id);

// el('li', { className: 'event' }, 'text', child): a new element.
export function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// One colour per client, the same on every screen: a hash of its public id, mixed well because ids of
// neighbours differ little (FNV-1a, then the last steps of MurmurHash3).
export function hueOf(client) {
  let hash = 2166136261;
  for (const letter of client) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 360;
}

// A hue as letters that read well on the page's background (4.5 to 1 at least, whatever the hue).
export function nameColour(hue) {
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  return `hsl(${hue} 70% ${light ? 26 : 74}%)`;
}

// A hue as a dot in the sky.
export function dotColour(hue) {
  return `hsl(${hue} 85% 72%)`;
}

export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

// Leaves the text alone when it is the same, so that screen readers are not told again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What a payload holds where a text is expected. Payloads are whatever their sender likes: even String() of one may throw.
export function textOf(value) {
  return typeof value === 'string' ? value : '';
}

// A name as the relay takes it: no control or direction letters, no more bytes than its limit.
export function tidyName(name, bytesMax = 64) {
  const letters = [
    ...name.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '').trim(),
  ];
  while (new TextEncoder().encode(letters.join('')).length > bytesMax) letters.pop();
  return letters.join('');
}
