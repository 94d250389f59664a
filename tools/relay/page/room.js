// Room: this page's seat in one room. Joins (again after each drop, from where it stopped), keeps the roster and the
// entities of the room's state. Events: `chat`, `action`, `people`, `presence`, `state`, `fresh`.

const kHistoryMessages = 50;

export class Room extends EventTarget {
  joined = false;
  people = new Map(); // client id -> { name, away }
  entities = new Map(); // entity id -> fields

  #link;
  #since = null;

  constructor(link, name) {
    super();
    this.#link = link;
    this.name = name;
  }

  // Joins; rejects with the relay's error.
  async join() {
    const message = {
      type: 'system',
      op: 'join',
      room: this.name,
      presence: true,
      history: kHistoryMessages,
    };
    if (this.#since) message.since = this.#since;
    const answer = await this.#link.request(message);
    const fresh = !answer.recovered;
    this.#since = { epoch: answer.epoch, ...(fresh ? {} : this.#since) };
    this.joined = true;
    this.people = new Map(
      (answer.members ?? []).map((member) => [member.client, { name: member.name, away: false }]),
    );
    if (fresh) this.#emit('fresh');
    this.#emit('people');
    return answer;
  }

  leave() {
    if (!this.joined) return;
    this.joined = false;
    this.#link.send({ type: 'system', op: 'leave', room: this.name });
  }

  disconnected() {
    this.joined = false;
  }

  say(payload, id) {
    return this.#link.request({ type: 'chat', room: this.name, payload, id });
  }

  act(payload) {
    return this.#link.send({ type: 'player_action', room: this.name, payload });
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
    else if (message.type === 'chat') this.#sequenced('chat', 'chat', message);
    else if (message.type === 'player_action') this.#sequenced('player_action', 'action', message);
    else if (message.op === 'presence') this.#presence(message);
    else if (message.op === 'gap' && this.#since) this.#since[message.lane] = message.to;
    return true;
  }

  #sequenced(lane, event, message) {
    if (this.#since) this.#since[lane] = message.seq;
    this.#emit(event, message);
  }

  #presence({ event, client, name }) {
    if (event === 'leave') this.people.delete(client);
    else this.people.set(client, { name, away: event === 'drop' });
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
