// Chat: the message list and the line to write on. Own messages appear at once, greyed until the relay acknowledged them;
// unacknowledged ones are sent again with the same id after a reconnect, which the relay delivers once.
import { $, el, hueOf, nameColour } from './dom.js';

const kMessagesMax = 500;

export class Chat {
  #link;
  #room = null;
  #log = $('log');
  #bySeq = new Map();
  #pending = new Map(); // id -> { payload, item }
  #to = null; // { client, name } while writing privately

  constructor(link) {
    this.#link = link;
    $('say-form').addEventListener('submit', (event) => this.#submit(event));
    $('older').addEventListener('click', () => this.#older());
    $('to').addEventListener('click', () => this.writeTo(null));
  }

  // Shows another room: an empty list.
  enter(room) {
    this.#room = room;
    this.#pending.clear();
    this.clear();
    this.writeTo(null);
    room.addEventListener('fresh', () => this.#room === room && this.clear());
    room.addEventListener('chat', ({ detail }) => this.#room === room && this.#show(detail));
    room.addEventListener(
      'presence',
      ({ detail }) => this.#room === room && this.#presence(detail),
    );
  }

  clear() {
    this.#bySeq.clear();
    this.#log.replaceChildren(...[...this.#pending.values()].map(({ item }) => item));
    $('older').hidden = true;
  }

  // After a reconnect: says again what was not acknowledged. Only a resumed session may: a new one has new ids.
  resend(resumed) {
    for (const [id, entry] of [...this.#pending]) {
      if (resumed) this.#publish(id, entry);
      else this.#fail(id, entry, 'the connection was lost before the relay answered');
    }
  }

  writeTo(person) {
    this.#to = person;
    $('to').hidden = !person;
    $('to').textContent = person ? `To ${person.name} ✕` : '';
    $('to').setAttribute('aria-label', person ? `Stop writing privately to ${person.name}` : '');
    $('say').placeholder = person ? 'Only they will read it' : 'Say something to the room';
    if (person) $('say').focus();
  }

  // A private message, to or from this page.
  showPrivate(message) {
    const out = message.sender === this.#link.client;
    this.#append(this.#item({ ...message, note: out ? 'to them only' : 'to you only' }, 'private'));
  }

  #submit(event) {
    event.preventDefault();
    const text = $('say').value.trim();
    if (!text || !this.#room) return;
    $('say').value = '';
    const payload = { text, name: $('name').value };
    if (this.#to) this.#sayPrivately(payload, this.#to);
    else this.#sayToRoom(payload);
  }

  #sayToRoom(payload) {
    const id = this.#link.newId();
    const item = this.#item(
      { sender: this.#link.client, timestamp: Date.now(), payload },
      'waiting',
    );
    const entry = { payload, item };
    this.#pending.set(id, entry);
    this.#append(item);
    this.#publish(id, entry);
  }

  async #sayPrivately(payload, person) {
    const id = this.#link.newId();
    const item = this.#item(
      { sender: this.#link.client, timestamp: Date.now(), payload, note: `to ${person.name} only` },
      'private',
    );
    this.#append(item);
    try {
      await this.#link.request({ type: 'chat', to: person.client, payload, id });
    } catch (error) {
      this.#fail(id, { item }, error.message);
    }
  }

  async #publish(id, entry) {
    try {
      const ack = await this.#room.say(entry.payload, id);
      this.#pending.delete(id);
      // The message itself comes on the chat lane, in the room's order; the grey one gives way to it.
      if (this.#bySeq.has(ack.seq)) entry.item.remove();
      else this.#bySeq.set(ack.seq, { own: entry.item });
    } catch (error) {
      if (error.code === 'connection_lost' || error.code === 'not_connected') return; // resend() decides.
      this.#fail(id, entry, error.message);
    }
  }

  #fail(id, { item }, why) {
    this.#pending.delete(id);
    item.classList.remove('waiting');
    item.classList.add('failed');
    item.append(el('span', { className: 'why' }, `Not sent: ${why}`));
  }

  #show(message) {
    const known = this.#bySeq.get(message.seq);
    if (known?.shown) return;
    known?.own?.remove();
    this.#bySeq.set(message.seq, { shown: true });
    this.#append(this.#item(message));
    this.#updateOlder();
  }

  #presence({ event, client, name }) {
    if (client === this.#link.client) return;
    const words = {
      join: 'came in',
      leave: 'left',
      drop: 'lost the connection',
      resume: 'is back',
    };
    this.#append(el('li', { className: 'event' }, `${name || client} ${words[event] ?? event}`));
  }

  async #older() {
    const first = Math.min(...this.#bySeq.keys());
    try {
      const messages = await this.#room.olderThan(first);
      const items = messages
        .filter(({ seq }) => !this.#bySeq.has(seq))
        .map((message) => this.#item(message));
      for (const { seq } of messages) this.#bySeq.set(seq, { shown: true });
      this.#log.prepend(...items);
      if (messages.length === 0) $('older').hidden = true;
      else this.#updateOlder();
    } catch (error) {
      this.#append(el('li', { className: 'event' }, error.message));
    }
  }

  #updateOlder() {
    $('older').hidden = this.#bySeq.size === 0 || Math.min(...this.#bySeq.keys()) <= 1;
  }

  #item({ sender, timestamp, payload, note }, className = '') {
    const own = sender === this.#link.client;
    const name = String(payload?.name ?? this.#room?.people.get(sender)?.name ?? sender).slice(
      0,
      64,
    );
    const who = el('span', { className: 'who' }, own ? `${name} (you)` : name);
    who.style.color = nameColour(hueOf(sender ?? ''));
    const at = new Date(timestamp);
    const time = el(
      'time',
      { dateTime: at.toISOString() },
      at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
    );
    const text = el(
      'span',
      { className: 'text' },
      String(payload?.text ?? JSON.stringify(payload)),
    );
    const item = el('li', { className }, time, who, text);
    if (note) item.append(el('span', { className: 'quiet' }, ` (${note})`));
    return item;
  }

  // Keeps the view at the newest message unless the reader has scrolled up.
  #append(item) {
    const atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 40;
    this.#log.append(item);
    while (this.#log.childElementCount > kMessagesMax) this.#log.firstElementChild.remove();
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }
}
