// The chat's page: rooms with history, reactions, edits, private messages, who is here and who types.
import { connect } from '/perseid/perseid.js';
import { Messages } from './messages.js';
import { element, showList, showMessages } from './view.js';

const kTypingMs = 4000;
const find = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const name = parameters.get('name') ?? `guest ${Math.floor(Math.random() * 900 + 100)}`;
const { relay } = await (await fetch('/config.json')).json();
const client = connect(relay, { name, reconnect: { attempts: 1000 } });

const chats = new Map(); // By room: { room, messages, names, typing, unread }.
let current;
let mode; // { edit: message } or { to: member }, what the next message is.

client.on('link', ({ state, reason }) => {
  const pill = find('link');
  pill.dataset.state = state;
  pill.textContent = reason ? `${state}: ${reason}` : state;
});
client.on('direct', (message) => {
  if (!current) return;
  current.messages.add(message, current.names.get(message.sender));
  show();
});

// A page that is left says good-bye, instead of keeping its seat for a return.
addEventListener('pagehide', ({ persisted }) => persisted || client.close());

async function enter(roomName) {
  if (!chats.has(roomName)) {
    const room = await client.join(roomName, { presence: true, history: 50 });
    const chat = { room, messages: new Messages(), names: new Map(), typing: new Map(), unread: 0 };
    chats.set(roomName, chat);
    listen(chat);
  }
  current = chats.get(roomName);
  current.unread = 0;
  setMode(undefined);
  show();
}

function listen(chat) {
  const { room, messages, names, typing } = chat;
  const learn = () => {
    for (const { client: id, name: theirs } of room.members.values()) names.set(id, theirs);
  };
  learn();
  room.on('chat', (message) => {
    typing.delete(message.sender);
    messages.add(message, names.get(message.sender));
    if (chat !== current) chat.unread += 1;
    else if (message.seq) room.read(message.seq).catch(() => {});
    show();
  });
  room.on('change', (message) => {
    messages.change(message, client.id);
    show();
  });
  room.on('presence', () => {
    learn();
    show();
  });
  room.on('typing', ({ client: id, typing: isTyping }) => {
    clearTimeout(typing.get(id));
    typing.delete(id);
    const over = () => typing.delete(id) && show();
    if (isTyping) typing.set(id, setTimeout(over, kTypingMs));
    show();
  });
  // What could not be told after a break is asked for.
  room.on('joined', async ({ first, recovered }) => {
    if (first || recovered) return;
    chat.messages = messages;
    for (const each of await room.history({ limit: 50 })) messages.add(each, names.get(each.sender));
    show();
  });
}

const actions = {
  react: ({ seq }, emoji, remove) => tried(current.room.react(seq, emoji, remove)),
  edit: (message) => setMode({ edit: message }),
  remove: ({ seq }) => tried(current.room.remove(seq)),
};

function setMode(next) {
  mode = next;
  const about = find('about');
  about.hidden = !mode;
  about.textContent = mode?.edit ? 'Editing. Escape to stop.' : mode ? `Privately to ${mode.to.name}. Escape to stop.` : '';
  const { text } = find('say').elements;
  text.value = mode?.edit?.text ?? '';
  text.focus();
}

find('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  const said = text.value;
  if (!said.trim()) return;
  if (mode?.edit) tried(current.room.edit(mode.edit.seq, said));
  else if (mode?.to) whisper(mode.to, said);
  else tried(current.room.chat({ text: said, name })); // Who reads it later may not meet us.
  setMode(undefined);
});
find('say').elements.text.addEventListener('input', throttled(() => current?.room.typing(), 1000));
addEventListener('keydown', ({ key }) => key === 'Escape' && mode && setMode(undefined));
find('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  const wanted = event.target.elements.room.value.trim();
  if (wanted) tried(enter(wanted));
  event.target.reset();
});

async function whisper(to, text) {
  const { timestamp } = (await tried(client.direct(to.client, text))) ?? {};
  if (!timestamp) return;
  current.messages.add({ sender: client.id, to: to.client, timestamp, payload: { text } }, name, to.name);
  show();
}

// The relay's refusals are said where the writing is.
async function tried(promise) {
  try {
    return await promise;
  } catch (error) {
    find('typing').replaceChildren(element('span', '', `Not sent: ${error.message}`));
    return undefined;
  }
}

function throttled(run, everyMs) {
  let last = -Infinity;
  return () => {
    if (performance.now() - last < everyMs) return;
    last = performance.now();
    run();
  };
}

function show() {
  const rooms = [...chats].map(([text, chat]) => ({
    text: chat.unread > 0 ? `${text} (${chat.unread})` : text,
    isCurrent: chat === current,
    press: () => enter(text),
  }));
  showList('rooms', rooms);
  const { room, messages, typing, names } = current;
  find('title').textContent = room.name;
  const people = [...room.members.values()].map((member) => ({
    text: member.client === client.id ? `${member.name} (you)` : member.dropped ? `${member.name} …` : member.name,
    press: () => member.client !== client.id && setMode({ to: member }),
  }));
  showList('people', people);
  showMessages(messages.list, client.id, actions);
  const writing = [...typing.keys()].map((id) => names.get(id)).filter(Boolean);
  find('typing').textContent = writing.length > 0 ? `${writing.join(', ')} writing …` : '';
}

await enter('lobby');
await enter('kitchen');
await enter('lobby');
