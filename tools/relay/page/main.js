// main: wires the link, the room in the address (#lobby), the chat and the players together.
import { $, tidyName } from './dom.js';
import { Link } from './link.js';
import { Room } from './room.js';
import { Chat } from './chat.js';
import { Players } from './players.js';
import { Painter } from './painter.js';
import { addControls } from './controls.js';
import { hideNotice, showNeverConnected, showProblem, showRefusedRoom } from './notice.js';
import { addressIsPublic, showCounters, showLink, showRooms, showSky } from './panels.js';
import { showPeople } from './people.js';

const kFirstRoom = 'lobby';
const kFirst = ['Swift', 'Quiet', 'Brave', 'Amber', 'Lucky', 'Lunar', 'Misty', 'Nimble'];
const kLast = ['Otter', 'Falcon', 'Comet', 'Lynx', 'Heron', 'Badger', 'Wolf', 'Fox'];

const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
$('name').value =
  tidyName(sessionStorage.getItem('name') ?? '') || `${pick(kFirst)} ${pick(kLast)}`;
sessionStorage.setItem('name', $('name').value);

// A token is not left in the address, where anybody who looks over a shoulder sees it.
const query = new URLSearchParams(location.search);
if (query.has('token')) {
  sessionStorage.setItem('token', query.get('token'));
  history.replaceState(null, '', location.pathname + location.hash);
}

const link = new Link(address, $('name').value, sessionStorage.getItem('token'));
const chat = new Chat(link);
const players = new Players(link, $('name').value);
const painter = new Painter($('stage'));
let room = null;
let refused = false; // The relay did not let this page into the room.

// For the curious: look at `perseid` in the browser's console.
window.perseid = {
  link,
  players,
  get room() {
    return room;
  },
};

link.addEventListener('state', () => {
  if (link.state !== 'open') room?.disconnected();
  if (link.attempts === 1 && !link.wasOpen) showNeverConnected();
  showState();
});
link.seen = () => ({ rooms: room?.seen ?? {} });
link.addEventListener('open', ({ detail }) => {
  // Another room may have been entered meanwhile.
  for (const { room: kept } of detail.rooms ?? [])
    if (kept !== room.name) link.send({ type: 'system', op: 'leave', room: kept });
  joinRoom();
});
link.addEventListener('problem', ({ detail }) => showProblem(detail));
link.addEventListener('message', ({ detail }) => {
  if (detail.to === undefined) room?.receive(detail);
  else if (detail.type === 'chat') chat.showPrivate(detail);
});

function enterRoom() {
  const name = roomInAddress();
  if (room?.name === name) return;
  players.disappear();
  room?.leave();
  room = new Room(link, name);
  const entered = room;
  room.addEventListener('people', () => room === entered && showMembers());
  chat.enter(room);
  players.enter(room);
  showRooms(name);
  setRefused(false);
  if (link.state === 'open') joinRoom();
}

async function joinRoom() {
  const entering = room;
  try {
    await entering.join();
    if (entering !== room) return entering.leave();
    hideNotice();
    setRefused(false);
    players.appear($('name').value);
  } catch (error) {
    if (entering !== room || link.state !== 'open') return;
    setRefused(true);
    showRefusedRoom(error, room.name === kFirstRoom ? null : kFirstRoom);
  }
}

function setRefused(value) {
  refused = value;
  $('say').disabled = $('send').disabled = refused;
  showState();
}

function showState() {
  showLink(link);
  if (room) showSky(link, room, refused);
}

function showMembers() {
  showPeople(room, link.client, (person) => chat.writeTo(person));
  showState();
}

function roomInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1)) || kFirstRoom;
  } catch {
    return kFirstRoom;
  }
}

function pick(list) {
  return list[Math.floor(Math.random() * list.length)];
}

$('room-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('room').value.trim();
  $('room').value = '';
  $('room').blur();
  if (name) location.hash = encodeURIComponent(name);
});

// A name is given with hello, so a new one is a new connection.
$('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  $('name').blur();
});
$('name').addEventListener('change', () => {
  const name = tidyName($('name').value) || `${pick(kFirst)} ${pick(kLast)}`;
  $('name').value = name;
  sessionStorage.setItem('name', name);
  players.disappear();
  link.rename(name);
});

// Back from the new tab, the keys are the player's again.
$('another').addEventListener('click', () => $('another').blur());
$('link-retry').addEventListener('click', () => link.retryNow());
$('notice-close').addEventListener('click', hideNotice);
addEventListener('hashchange', enterRoom);
addEventListener('pagehide', () => {
  players.disappear();
  room?.leave();
});
addEventListener('pageshow', (event) => {
  if (event.persisted) joinRoom();
});

let before = performance.now();
function frame(now) {
  players.step(now, now - before);
  painter.draw(now, players);
  before = now;
  requestAnimationFrame(frame);
}

addControls($('stage'), painter, players);
setInterval(() => {
  showCounters(link.stats);
  showState();
}, 500);
showCounters(link.stats);
$('send-address').hidden = !addressIsPublic();
enterRoom();
link.connect();
requestAnimationFrame(frame);
