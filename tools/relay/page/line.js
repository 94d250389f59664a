// Line: one entry of the message list, as an element.
import { el, hueOf, nameColour } from './dom.js';

// A message. `own`: this page wrote it; `note`: who else reads it, if not everyone.
export function messageLine({ sender, timestamp, text, name, own, note, className = '' }) {
  const who = el('span', { className: 'who' }, own ? `${name} (you)` : name);
  who.style.color = nameColour(hueOf(sender));
  const words = el('span', { className: 'text' }, text);
  const item = el('li', { className }, timeOf(timestamp), who, words);
  if (note) item.append(el('span', { className: 'quiet' }, ` (${note})`));
  return item;
}

// What happened: `name` (isolated: it may be written from right to left) and words about it.
export function eventLine(words, name = '') {
  return el('li', { className: 'event' }, ...(name ? [el('bdi', {}, name), ' '] : []), words);
}

// Changes the list, and keeps its view at the newest message unless the reader has scrolled up.
export function keepingEnd(log, change) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  change();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

// What became of an own line, under it; '' for nothing worth telling. `again`: called by a button that sends it once more.
export function setFate(item, className, words = '', again = null) {
  const change = () => showFate(item, className, words, again);
  if (item.parentElement) keepingEnd(item.parentElement, change);
  else change();
}

function showFate(item, className, words, again) {
  item.classList.remove('waiting', 'doubtful', 'failed');
  if (className) item.classList.add(className);
  item.querySelector('.fate')?.remove();
  if (!words) return;
  const fate = el('span', { className: 'fate' }, words);
  if (again) {
    const button = el('button', { type: 'button', className: 'small' }, 'Send again');
    button.addEventListener('click', again);
    fate.append(button);
  }
  item.append(fate);
}

function timeOf(timestamp) {
  const at = new Date(timestamp);
  const shown = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return el('time', { dateTime: at.toISOString() }, shown);
}
