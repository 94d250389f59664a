// Chat: the message list and the line to write on. Own messages appear at once, in grey until the relay's own copy of them
// arrives (see outbox.js); everyone's stand in the order that the relay gave them.
import { $, el, textOf, tidyName } from './dom.js';
import { eventLine, keepingEnd, messageLine, setFate } from './line.js';
import { Outbox } from './outbox.js';

const kMessagesMax = 500;
const kMissed = 'Some of what was said meanwhile is no longer kept.';
const kPresenceWords = {
  join: 'came in',
  leave: 'left',
  drop: 'lost the connection',
  resume: 'is back',
};

export class Chat {
  #link;
  #room = null;
  #log = $('log');
  #outbox;
  #bySeq = new Map(); // seq -> the message's item; an own one's grey item until its delivery
  #epochMark = null; // The line behind which this epoch's messages stand; null: they are all of it.
  #to = null; // { client, name } while writing privately

  constructor(link) {
    this.#link = link;
    this.#outbox = new Outbox(link, (ack, item) => this.#acknowledged(ack, item));
    $('say-form').addEventListener('submit', (event) => this.#submit(event));
    $('say').addEventListener('keydown', (event) => this.#key(event));
    $('older').addEventListener('click', () => this.#older());
    $('to').addEventListener('click', () => this.writeTo(null));
  }

  // Shows another room: an empty list.
  enter(room) {
    this.#room = room;
    this.#outbox.enter(room);
    this.#bySeq.clear();
    this.#epochMark = null;
    this.#log.replaceChildren();
    this.#updateOlder();
    this.writeTo(null);
    const on = (name, take) =>
      room.addEventListener(name, ({ detail }) => this.#room === room && take(detail));
    on('fresh', (detail) => this.#fresh(detail));
    on('joined', () => this.#outbox.flush());
    on('missed', () => this.#append(eventLine(kMissed)));
    on('current', () => this.#outbox.settle());
    on('chat', (message) => this.#show(message));
    on('presence', (detail) => this.#presence(detail));
    on('people', () => this.#checkRecipient());
  }

  writeTo(person) {
    this.#to = person;
    $('to').hidden = !person;
    $('to').replaceChildren('To ', el('bdi', {}, person?.name ?? ''), ' ✕');
    $('to').setAttribute('aria-label', person ? `Stop writing privately to ${person.name}` : '');
    $('say').placeholder = person ? 'Privately' : 'Say something to the room';
    if (person) $('say').focus();
  }

  // A private message to this page.
  showPrivate(message) {
    this.#append(this.#item({ ...message, note: 'to you only', className: 'private' }));
  }

  #submit(event) {
    event.preventDefault();
    const text = $('say').value.trim();
    if (!text || !this.#room) return;
    $('say').value = '';
    const line = {
      sender: this.#link.client,
      timestamp: Date.now(),
      payload: { text, name: $('name').value },
    };
    if (this.#to) Object.assign(line, { note: `to ${this.#to.name} only`, className: 'private' });
    const item = this.#item(line);
    this.#append(item);
    this.#outbox.say({ payload: line.payload, to: this.#to?.client, item });
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#checkRecipient();
  }

  // The first Escape ends a whisper, the next gives the keys back to the player.
  #key(event) {
    if (event.key !== 'Escape' || event.isComposing) return;
    if (this.#to) this.writeTo(null);
    else $('say').blur();
  }

  // Ends a whisper whose reader has left, but never under a half-written line: it would be sent to everyone.
  #checkRecipient() {
    if (!this.#to || $('say').value || !this.#room.joined) return;
    if (this.#room.complete && !this.#room.people.has(this.#to.client)) this.writeTo(null);
  }

  // The relay's copy comes on the chat lane, in the room's order; the grey one gives way to it, whichever is first.
  #acknowledged({ seq }, item) {
    if (seq === undefined) setFate(item, '');
    else if (this.#bySeq.has(seq)) item.remove();
    else this.#bySeq.set(seq, Object.assign(item, { seq }));
  }

  #show(message) {
    const known = this.#bySeq.get(message.seq);
    if (known && !known.classList.contains('waiting')) return;
    if (known) known.remove();
    else this.#outbox.arrived(message);
    this.#append(this.#remember(message));
    this.#updateOlder();
  }

  // The relay could not go on where this page stopped reading. What stands in the list stays there.
  #fresh({ again, restarted }) {
    if (!again) return;
    if (!restarted) {
      this.#append(eventLine(kMissed));
      return;
    }
    for (const item of this.#bySeq.values()) setFate(item, ''); // Accepted, but its copy never came.
    this.#bySeq.clear();
    this.#epochMark = eventLine(
      'The relay started afresh: what was said before is not kept there.',
    );
    this.#append(this.#epochMark);
    this.#updateOlder();
  }

  #presence({ event, client, name }) {
    if (this.#link.isOwn(client)) return;
    this.#append(eventLine(kPresenceWords[event] ?? event, name));
  }

  async #older() {
    const room = this.#room;
    try {
      const messages = await room.olderThan(Math.min(...this.#bySeq.keys()));
      if (this.#room !== room) return;
      const items = messages
        .filter(({ seq }) => !this.#bySeq.has(seq))
        .map((message) => this.#remember(message));
      this.#prepend(items);
      this.#updateOlder(items.length === 0);
    } catch (error) {
      this.#append(eventLine(error.message));
    }
  }

  #updateOlder(noMore = false) {
    $('older').hidden = noMore || this.#bySeq.size === 0 || Math.min(...this.#bySeq.keys()) <= 1;
  }

  #remember(message) {
    const item = this.#item(message);
    this.#bySeq.set(message.seq, Object.assign(item, { seq: message.seq }));
    return item;
  }

  #item({ sender, timestamp, payload, note, className }) {
    return messageLine({
      sender,
      timestamp,
      note,
      className,
      text: textOf(payload?.text) || JSON.stringify(payload),
      name: this.#room.nameOf(sender, tidyName(textOf(payload?.name))),
      own: this.#link.isOwn(sender),
    });
  }

  #append(item) {
    keepingEnd(this.#log, () => {
      this.#log.append(item);
      while (this.#log.childElementCount > kMessagesMax) {
        this.#bySeq.delete(this.#log.firstElementChild.seq);
        this.#log.firstElementChild.remove();
      }
    });
  }

  // Puts older messages on top and scrolls so far up that they are seen, with the line that they lead to below them.
  #prepend(items) {
    const log = this.#log;
    const next = this.#epochMark?.isConnected ? this.#epochMark.nextSibling : log.firstChild;
    for (const item of items) log.insertBefore(item, next);
    if (items.length && next) log.scrollTop = next.offsetTop + next.offsetHeight - log.clientHeight;
  }
}
