// Room: this page's seat in one room. Joins (again after each drop, from where it stopped), keeps the roster and the
// entities of the room's state. Events: `chat`, `action`, `people`, `presence`, `state`; after each join `fresh` if it could
// not go on where it stopped, `joined`, and `current` once all chat that was missed has come.

const kHistoryMessages = 50;

export class Room extends EventTarget {
  joined = false;
  people = new Map(); // client id -> { name, away }; of a large room not everyone, but always this page itself
  total = 0; // How many there are, listed or not
  entities = new Map(); // entity id -> fields

  #link;
  #since = null; // { epoch, chat }: pulses are of the moment, so their lane is not asked for
  #catchUpTo = null;

  constructor(link, name) {
    super();
    this.#link = link;
    this.name = name;
  }

  // Up to where this page has read, for a hello that resumes.
  get seen() {
    return this.#since ? { [this.name]: { chat: this.#since.chat } } : {};
  }

  // Joins, or goes on in the seat that outlived the break; rejects with the relay's error.
  async join() {
    const kept = this.#link.takeKept(this.name);
    if (kept && this.#since?.epoch === kept.epoch) return this.#goOn(kept);
    if (kept) this.#link.send({ type: 'system', op: 'leave', room: this.name });
    const message = {
      type: 'system',
      op: 'join',
      room: this.name,
      presence: true,
      history: kHistoryMessages,
    };
    if (this.#since) message.since = this.#since;
    this.#take(await this.#link.request(message));
  }

  leave() {
    if (!this.joined) return;
    this.joined = false;
    this.#link.send({ type: 'system', op: 'leave', room: this.name });
  }

  disconnected() {
    this.joined = false;
  }

  // Everyone is listed, so who is not listed is not here.
  get complete() {
    return this.people.size >= this.total;
  }

  // What to call a client. The roster's word counts before what a payload claims, lest anybody pose as another.
  nameOf(client, claimed) {
    return this.people.get(client)?.name ?? (claimed || client);
  }

  say(payload, id) {
    return this.#link.request({ type: 'chat', room: this.name, payload, id });
  }

  act(payload) {
    return this.joined && this.#link.send({ type: 'player_action', room: this.name, payload });
  }

  setState(payload) {
    return this.joined && this.#link.send({ type: 'game_state', room: this.name, payload });
  }

  async olderThan(seq) {
    const answer = await this.#link.request({
      type: 'system',
      op: 'history',
      room: this.name,
      before: seq,
      limit: kHistoryMessages,
    });
    return answer.messages;
  }

  // Takes a message of this room; false if it is another's.
  receive(message) {
    if (message.room !== this.name) return false;
    if (message.type === 'game_state') this.#mergeState(message);
    else if (message.type === 'chat') this.#chat(message);
    else if (message.type === 'player_action') this.#emit('action', message);
    else if (message.op === 'presence') this.#presence(message);
    else if (message.op === 'roster') this.#takeRoster(message);
    else if (message.op === 'gap' && message.lane === 'chat') this.#missed(message.to);
    return true;
  }

  // A roster, the whole state and what was said meanwhile follow by themselves.
  #goOn(kept) {
    this.#since.chat = kept.seq.chat;
    this.joined = true;
    this.#emit('joined');
  }

  #take(answer) {
    const again = this.#since !== null;
    const restarted = again && this.#since.epoch !== answer.epoch;
    const newest = answer.seq.chat;
    if (!answer.recovered) this.#since = { epoch: answer.epoch, chat: newest };
    this.joined = true;
    this.entities.clear(); // The whole state follows, if there is one.
    this.#catchUpTo = newest;
    if (!answer.recovered) this.#emit('fresh', { again, restarted });
    this.#takeRoster(answer);
    this.#emit('joined');
    this.#read(this.#since.chat);
  }

  #takeRoster({ members = [], members_total: total }) {
    const own = { client: this.#link.client, name: this.#link.name };
    this.people = new Map(
      [own, ...members].map(({ client, name }) => [
        client,
        { name: shown(name, client), away: false },
      ]),
    );
    this.total = Math.max(total ?? 0, this.people.size);
    this.#emit('people');
  }

  #chat(message) {
    this.#emit('chat', message);
    this.#read(message.seq);
  }

  #missed(to) {
    this.#emit('missed');
    this.#read(to);
  }

  // This page has all of the chat lane up to `seq`.
  #read(seq) {
    if (!this.#since) return;
    this.#since.chat = seq;
    if (this.#catchUpTo === null || seq < this.#catchUpTo) return;
    this.#catchUpTo = null;
    this.#emit('current');
  }

  #presence({ event, client, name: given }) {
    const name = shown(given, client);
    const known = this.people.has(client);
    if (event === 'leave') this.people.delete(client);
    else this.people.set(client, { name, away: event === 'drop' });
    if (event === 'leave') this.total -= 1;
    else if (!known) this.total += 1;
    this.#emit('presence', { event, client, name });
    this.#emit('people');
  }

  #mergeState({ full, payload }) {
    if (full) this.entities.clear();
    for (const [id, fields] of Object.entries(payload.set ?? {})) {
      const entity = this.entities.get(id) ?? {};
      for (const [field, value] of Object.entries(fields)) {
        if (value === null) delete entity[field];
        else entity[field] = value;
      }
      this.entities.set(id, entity);
    }
    for (const id of payload.unset ?? []) this.entities.delete(id);
    this.#emit('state', { full, changed: Object.keys(payload.set ?? {}) });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// A name of nothing but blanks is nothing to call somebody by.
function shown(name, client) {
  return (name ?? '').trim() || client;
}
