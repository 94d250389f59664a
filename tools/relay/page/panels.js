// Panels: what stands around the canvas and the chat: state of the link, rooms, people, counters, problems.
import { $, el, bytesText, hueOf, nameColour } from './dom.js';

const kLanes = [
  ['chat', 'the messages'],
  ['player_action', 'pulses'],
  ['game_state', 'positions, 20 times a second'],
  ['system', 'joins, pings, answers'],
];
const kRoomsOffered = ['lobby', 'arena', 'garden'];
const kStateWords = {
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Connection lost, trying again',
  closed: 'Not connected',
};

export function showLink(link) {
  const ping =
    link.pingMs === null
      ? ''
      : `${link.pingMs < 10 ? link.pingMs.toFixed(1) : Math.round(link.pingMs)} ms`;
  $('link-dot').dataset.state = link.state;
  setText($('link-text'), kStateWords[link.state]);
  setText($('link-ping'), link.state === 'open' ? ping : (link.reason ?? ''));
  $('link-retry').hidden = link.state !== 'waiting' && link.state !== 'closed';
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

export function showPeople(room, ownClient, writeTo) {
  setText($('people-count'), room.people.size === 1 ? 'only you' : `${room.people.size}`);
  $('alone').hidden = room.people.size !== 1;
  $('people').replaceChildren(
    ...[...room.people].map(([client, { name, away }]) => {
      const swatch = el('span', { className: 'swatch' });
      swatch.style.background = nameColour(hueOf(client));
      const own = client === ownClient;
      const item = el(
        'li',
        { className: away ? 'away' : '' },
        swatch,
        el('span', { className: 'label' }, label(name || client, own, away)),
      );
      if (!own && !away) {
        const button = el('button', { type: 'button', className: 'small' }, 'Whisper');
        button.setAttribute('aria-label', `Write privately to ${name || client}`);
        button.addEventListener('click', () => writeTo({ client, name: name || client }));
        item.append(button);
      }
      return item;
    }),
  );
}

export function showCounters({ sent, received, bytesSent, bytesReceived }) {
  const body = $('lanes');
  if (!body.childElementCount) {
    body.append(
      ...kLanes.map(([type, use]) =>
        el(
          'tr',
          {},
          Object.assign(el('th', { scope: 'row' }, type)),
          el('td', {}, use),
          el('td'),
          el('td'),
        ),
      ),
    );
  }
  kLanes.forEach(([type], row) => {
    const cells = body.children[row].children;
    setText(cells[2], String(sent[type] ?? 0));
    setText(cells[3], String(received[type] ?? 0));
  });
  setText($('bytes'), `${bytesText(bytesSent)} sent, ${bytesText(bytesReceived)} received`);
}

export function showProblem({ code, message, field, retry_after_ms: retryAfterMs }) {
  const wait = retryAfterMs ? ` Wait ${Math.ceil(retryAfterMs / 100) / 10} s.` : '';
  $('notice-text').textContent =
    `${message ?? 'Something went wrong.'}${field ? ` (${field})` : ''}${wait} [${code}]`;
  $('notice').hidden = false;
}

export function hideProblem() {
  $('notice').hidden = true;
}

function label(name, own, away) {
  return `${name}${own ? ' (you)' : ''}${away ? ', away' : ''}`;
}

// Leaves the text alone when it is the same, so that screen readers are not told again.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
