// Small helpers for the page. Everything that a user wrote goes through textContent, never through markup.

export const $ = (id) => document.getElementById(id);

// el('li', { className: 'event' }, 'text', child): a new element.
export function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// One colour per client, the same on every screen: a hash of its public id.
export function hueOf(client) {
  let hash = 2166136261;
  for (const letter of client) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619) >>> 0;
  return hash % 360;
}

// A hue as a colour that reads well on the page's background.
export function nameColour(hue) {
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  return `hsl(${hue} 70% ${light ? 32 : 74}%)`;
}

export function bytesText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
