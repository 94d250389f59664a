// Outbox: what this page said and the relay has not yet confirmed. Nothing is thrown away, and nothing is called unsent that
// was sent. The fate of a line:
//   unsent    there was no connection or no room: it goes out after the next join;
//   sent      on its way; the ack confirms it;
//   lost      the connection went before the ack came. What the relay delivers after the next join shows whether it arrived;
//   doubtful  it was not among that: the reader decides;
//   refused   the relay did not take it, and said why.
import { setFate } from './line.js';

const kWaits = 'Waits for the connection';

export class Outbox {
  #link;
  #room = null;
  #onAck;
  #entries = new Map(); // id -> { payload, to, item, sender, fate }

  // onAck(ack, item) is called for what the relay accepted.
  constructor(link, onAck) {
    this.#link = link;
    this.#onAck = onAck;
  }

  enter(room) {
    this.#room = room;
    this.#entries.clear();
  }

  // Says a line: to the room, or with `to` to one client.
  say(entry) {
    return this.#publish(this.#link.newId(), entry);
  }

  // The room is joined (again): out with what waited for that, and with what a resumed session takes only once.
  flush() {
    for (const [id, entry] of [...this.#entries])
      if (entry.fate === 'unsent' || (entry.fate === 'lost' && this.#link.resumed))
        this.#publish(id, entry);
  }

  // All that was missed has been read; what is lost still did not come back with it.
  settle() {
    for (const [id, entry] of this.#entries) {
      if (entry.fate !== 'lost') continue;
      entry.fate = 'doubtful';
      setFate(entry.item, 'doubtful', 'Perhaps not sent', () => this.#again(id));
    }
  }

  // A message of the room arrived before an ack for it: if it is one of these, that will do. Its id does not come back with
  // it, but its payload does, as it was.
  arrived({ sender, payload }) {
    const text = JSON.stringify(payload);
    for (const [id, entry] of this.#entries) {
      const open = ['sent', 'lost', 'doubtful'].includes(entry.fate) && !entry.to;
      if (!open || entry.sender !== sender || JSON.stringify(entry.payload) !== text) continue;
      this.#entries.delete(id);
      entry.item.remove();
      return;
    }
  }

  async #publish(id, entry) {
    this.#entries.set(id, entry);
    entry.fate = this.#room.joined ? 'sent' : 'unsent';
    setFate(entry.item, 'waiting', entry.fate === 'unsent' ? kWaits : '');
    if (entry.fate === 'unsent') return;
    entry.sender = this.#link.client;
    try {
      const ack = await this.#request(id, entry);
      if (!this.#entries.delete(id)) return; // It arrived already, or another room was entered.
      this.#onAck(ack, entry.item);
    } catch (error) {
      this.#failed(id, entry, error);
    }
  }

  #request(id, { payload, to }) {
    if (!to) return this.#room.say(payload, id);
    return this.#link.request({ type: 'chat', to, payload, id });
  }

  #failed(id, entry, { code, message }) {
    if (!this.#entries.has(id)) return;
    if (code === 'not_connected') {
      entry.fate = 'unsent';
      setFate(entry.item, 'waiting', kWaits);
    } else if (code === 'connection_lost') {
      entry.fate = 'lost';
      setFate(entry.item, 'waiting', 'Not confirmed yet');
    } else {
      entry.fate = 'refused';
      setFate(entry.item, 'failed', `Not sent: ${message}`, () => this.#again(id));
    }
  }

  // Under a new id, which is for the relay a new message.
  #again(id) {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.say(entry);
  }
}
