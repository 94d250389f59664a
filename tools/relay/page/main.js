// main: wires the link, the room in the address (#lobby), the chat and the players together.
import { $, tidyName } from './dom.js';
import { Link } from './link.js';
import { Room } from './room.js';
import { Chat } from './chat.js';
import { Players } from './players.js';
import { Painter } from './painter.js';
import { addControls } from './controls.js';
import {
  hideProblem,
  showCounters,
  showLink,
  showPeople,
  showProblem,
  showRooms,
} from './panels.js';

const kFirstRoom = 'lobby';
const kFirst = ['Swift', 'Quiet', 'Brave', 'Amber', 'Lucky', 'Lunar', 'Misty', 'Nimble'];
const kLast = ['Otter', 'Falcon', 'Comet', 'Lynx', 'Heron', 'Badger', 'Wolf', 'Fox'];

const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
$('name').value =
  tidyName(sessionStorage.getItem('name') ?? '') || `${pick(kFirst)} ${pick(kLast)}`;
sessionStorage.setItem('name', $('name').value);

const link = new Link(address, $('name').value);
const chat = new Chat(link);
const players = new Players(link, $('name').value);
const painter = new Painter($('stage'));
let room = null;

// For the curious: look at `perseid` in the browser's console.
window.perseid = {
  link,
  players,
  get room() {
    return room;
  },
};

link.addEventListener('state', () => {
  showLink(link);
  if (link.state !== 'open') room?.disconnected();
});
link.addEventListener('open', async ({ detail }) => {
  await joinRoom();
  chat.resend(detail.resumed);
});
link.addEventListener('problem', ({ detail }) => showProblem(detail));
link.addEventListener('message', ({ detail }) => {
  if (detail.to !== undefined) chat.showPrivate(detail);
  else room?.receive(detail);
});

function enterRoom() {
  const name = roomInAddress();
  if (room?.name === name) return;
  players.disappear();
  room?.leave();
  room = new Room(link, name);
  const entered = room;
  room.addEventListener(
    'people',
    () => room === entered && showPeople(room, link.client, (person) => chat.writeTo(person)),
  );
  chat.enter(room);
  players.enter(room);
  showRooms(name);
  if (link.state === 'open') joinRoom();
}

async function joinRoom() {
  const entering = room;
  try {
    await entering.join();
    hideProblem();
    if (entering === room) players.appear($('name').value);
    else entering.leave();
  } catch (error) {
    if (error.code !== 'connection_lost') showProblem(error);
  }
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
$('notice-close').addEventListener('click', hideProblem);
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
setInterval(() => showCounters(link.stats), 500);
showCounters(link.stats);
enterRoom();
link.connect();
requestAnimationFrame(frame);
