// Panels: what stands around the canvas and the chat: state of the link, rooms, what the sky says, counters.
import { $, el, bytesText, setText } from './dom.js';

const kLanes = [
  ['chat', 'the messages'],
  ['player_action', 'pulses'],
  ['game_state', 'positions, while somebody moves'],
  ['system', 'joins, pings, answers'],
];
const kRoomsOffered = ['lobby', 'arena', 'garden'];
const kSilenceShownMs = 1_500;

export function showLink(link) {
  const silent = link.state === 'open' && link.silentMs > kSilenceShownMs;
  $('link-dot').dataset.state = silent ? 'silent' : link.state;
  setText($('link-text'), linkWords(link));
  const detail = linkDetail(link, silent);
  setText($('link-detail'), detail && `· ${detail}`);
  $('link-retry').hidden = link.state !== 'waiting' && link.state !== 'closed';
}

function linkWords({ state, wasOpen, attempts }) {
  if (state === 'open') return 'Connected';
  if (state === 'closed') return wasOpen ? 'Not connected' : 'Cannot connect';
  if (attempts === 0) return 'Connecting';
  return `${wasOpen ? 'Connection lost' : 'Cannot connect'}, trying again`;
}

function linkDetail({ state, reason, pingMs, silentMs }, silent) {
  if (state !== 'open') return reason;
  if (silent) return `no answer for ${Math.floor(silentMs / 1000)} s`;
  if (pingMs === null) return '';
  return `${pingMs < 10 ? pingMs.toFixed(1) : Math.round(pingMs)} ms`;
}

export function showRooms(current) {
  const names = [...new Set([...kRoomsOffered, current])];
  $('rooms').replaceChildren(
    ...names.map((name) => {
      const link = el('a', { href: `#${encodeURIComponent(name)}` }, name);
      if (name === current) link.setAttribute('aria-current', 'page');
      return link;
    }),
  );
  setText($('room-title'), `#${current}`);
  document.title = `#${current} · Perseid`;
  $('another').href = `/#${encodeURIComponent(current)}`;
}

// What is written over the sky: nobody sees this player, or there is nobody to see it.
export function showSky(link, room, refused) {
  const starting = link.client === '' && link.attempts === 0;
  const off = link.state === 'open' ? refused : !starting;
  const alone = !off && room.joined && room.total === 1;
  $('sky').classList.toggle('off', off);
  $('sky-off').hidden = !off;
  setText(
    $('sky-off'),
    `Not ${link.state === 'open' ? 'in a room' : 'connected'}: nobody sees you move.`,
  );
  $('alone').hidden = !alone;
}

// An address that only this machine understands is not worth sending to anybody.
export function addressIsPublic() {
  return !/^(localhost|127\..*|\[::1\])$/.test(location.hostname);
}

export function showCounters({ sent, received, bytesSent, bytesReceived }) {
  const body = $('lanes');
  if (!body.childElementCount) body.append(...kLanes.map(laneRow));
  kLanes.forEach(([type], row) => {
    const cells = body.children[row].children;
    setText(cells[2], String(sent[type] ?? 0));
    setText(cells[3], String(received[type] ?? 0));
  });
  setText($('bytes'), `${bytesText(bytesSent)} sent, ${bytesText(bytesReceived)} received`);
}

function laneRow([type, use]) {
  return el('tr', {}, el('th', { scope: 'row' }, type), el('td', {}, use), el('td'), el('td'));
}
